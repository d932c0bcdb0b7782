"""Every promise of the journal is tested on every kind of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from retender.journal.api import Journal, JournalOpener
from retender.journal.sqlite import SqliteOpener
from tests.journal_story import Story


@pytest.fixture(params=["sqlite"])
async def reopen(tmp_path: Path) -> AsyncIterator[JournalOpener]:
    """Opens the journal; again, as after a crash of whoever had it open."""
    opener = SqliteOpener(str(tmp_path / "journal.sqlite3"), synchronous="off")
    opened: list[Journal] = []

    async def open_again() -> Journal:
        opened.append(await opener())
        return opened[-1]

    yield open_again
    for journal in opened:
        await journal.close()


@pytest.fixture
async def journal(reopen: JournalOpener) -> Journal:
    opened = await reopen()
    assert (await opened.begin_epoch()).epoch == 1
    return opened


@pytest.fixture
def story() -> Story:
    return Story()
