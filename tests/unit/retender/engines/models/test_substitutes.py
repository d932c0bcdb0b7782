"""The best model that can be had, where the default one cannot."""

from __future__ import annotations

import pytest

from retender.engines.models.substitutes import candidates


@pytest.mark.parametrize(
    ("default", "fallback", "here", "best_first"),
    [
        ("medium", "base", [], ("base",)),
        ("medium", "base", ["tiny"], ("base", "tiny")),
        ("medium", "base", ["tiny", "small"], ("small", "base", "tiny")),
        ("medium", "", ["small"], ()),
        ("medium", "base", ["large-v3", "turbo"], ("base",)),
        ("medium", "base", ["digits", "small.en", "someone/model"], ("base",)),
        ("large", "base", ["medium"], ("medium", "base")),
        ("medium.en", "base", ["small.en", "small"], ("small.en", "base")),
        ("my-own", "base", ["small"], ("small", "base")),
        ("base", "base", [], ()),
        ("tiny", "base", [], ()),
        ("medium", "my-own", ["small"], ("my-own", "small")),
    ],
)
def test_the_best_of_those_here_and_the_fallback(
    default: str, fallback: str, here: list[str], best_first: tuple[str, ...]
) -> None:
    assert candidates(default, fallback, here) == best_first
