"""In which language a client is spoken to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve_app.middleware.accept_language import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("EN-us", "en"),
        ("fr, de", "es"),
        ("fr, en;q=0.5", "en"),
        ("es;q=0.4, en;q=0.5", "en"),
        ("en;q=0.5, es;q=0.5", "en"),
        ("en;q=0", "es"),
        ("*", "es"),
        ("en;q=nonsense", "es"),
        ("en ; q=0.5", "en"),
    ],
)
def test_the_one_that_is_asked_for_most_of_those_that_are_spoken(
    header: str, language: str
) -> None:
    assert preferred(header, "es") == language


@given(st.text())
def test_whatever_is_asked_for_an_answer_is_found(header: str) -> None:
    assert preferred(header, "es") in {"es", "en"}
