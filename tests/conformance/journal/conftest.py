"""Every promise of the journal is tested on every kind of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from retender.journal.api import Journal, JournalOpener
from retender.journal.postgres.opener import PostgresOpener
from retender.journal.sqlite import SqliteOpener
from tests.support.storage.journal_story import Story
from tests.support.storage.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
async def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JournalOpener]:
    """Opens the journal; again, as after a crash of the process that had it open."""
    opener: JournalOpener = SqliteOpener(str(tmp_path / "journal.sqlite3"), synchronous="off")
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        opener = PostgresOpener(server.address(server.database()))
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
