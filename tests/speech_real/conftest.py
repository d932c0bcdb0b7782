"""Whisper `base` and people who speak: both are fetched once, and kept under `build/`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bench.speech import models
from retender.engines.models.library import LibrarySettings
from tests.support.engines.whisper_orders import Desk

NAME = "base"

Desks = Callable[..., Desk]


@pytest.fixture(scope="session")
def base() -> Path:
    """Its folder. Where neither is to be had, the tests fail and say why."""
    return models.base()


@pytest.fixture
async def desks(base: Path, tmp_path: Path) -> AsyncIterator[Desks]:
    """As many engines as the test wants, each with lanes and batches of its own."""
    opened: list[Desk] = []

    def desk(**changes: Any) -> Desk:
        root = tmp_path / str(len(opened))
        library = LibrarySettings(
            root=str(root / "models"), folders={NAME: str(base)}, offline=True
        )
        opened.append(Desk(root, library=library, default=NAME, **changes))
        return opened[-1]

    yield desk
    for each in opened:
        await each.engine.close()
