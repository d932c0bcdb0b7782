"""Indexing a long text for the search does not hold up the work, and goes on after a crash."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import JOB_MANAGER
from actors.runtime.api import Recipe, Ref, Spawn
from actors.runtime.local import LocalRuntime
from deployments.wiring.clock import SystemClock
from retender.jobs.submission import Submission
from retender.journal import indexing
from retender.journal.api import Listing
from retender.journal.sqlite import SqliteOpener
from retender.transcript import search
from retender.transcript.edits import pack
from retender.transcript.segments import Segment
from retender.workers.orders import Exchange, LeaseState
from tests.support.actors.manager_service import AUDIO
from tests.support.storage.long_texts import journal_of_ten_hours, long_segments

DEADLINE = 240.0
ORIGINAL_WORD = "numero8999"
EDITED_WORD = "acuerdo"


class Hold:
    """Holds the reading of words that are to be indexed."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def words_of(self, text: str) -> Iterator[str]:
        self.begun.set()
        self.go_on.wait(DEADLINE)
        return search.words_of(text)


@pytest.fixture
async def opener(tmp_path: Path) -> SqliteOpener:
    return SqliteOpener(str(await journal_of_ten_hours(tmp_path)), synchronous="off")


@pytest.fixture
def hold(opener: SqliteOpener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    held = Hold()
    monkeypatch.setattr(indexing, "words_of", held.words_of)
    yield held
    held.go_on.set()


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the manager has indexed what waited for it."""
    done = asyncio.Event()
    original = JobManager.indexed

    async def told(manager: JobManager, more: bool) -> None:
        await original(manager, more)
        if not more:
            done.set()

    monkeypatch.setattr(JobManager, "indexed", told)
    monkeypatch.setattr(told, "__name__", "indexed")
    return done


@asynccontextmanager
async def running(opener: SqliteOpener) -> AsyncIterator[Ref[JobManager]]:
    runtime = LocalRuntime(SystemClock())
    recipe = Recipe.of(JobManager, journal=opener, settings=ManagerSettings())
    child = await runtime.spawn(Spawn(JOB_MANAGER, recipe))
    yield runtime.ref(JobManager, JOB_MANAGER).within(DEADLINE)
    await child.stop(5.0)


async def found(manager: Ref[JobManager], word: str) -> bool:
    return bool((await manager.ask(JobManager.jobs, Listing(words=(word,)))).jobs)


async def test_edits_submissions_leases_and_heartbeats_go_on_while_a_long_text_is_indexed(
    opener: SqliteOpener, hold: Hold, indexed: asyncio.Event
) -> None:
    async with running(opener) as manager:
        try:
            text = (*long_segments(), Segment(9_999_999, 36_000.0, 36_001.0, EDITED_WORD))
            version = await manager.ask(JobManager.edit, "long", 0, pack(text))
            assert await asyncio.to_thread(hold.begun.wait, DEADLINE)
            receipt = await manager.ask(JobManager.submit, Submission(job_id="new", audio=AUDIO))
            exchange = Exchange(worker="w", instance="1", want=1)
            (order,) = (await manager.ask(JobManager.exchange, exchange)).orders
            renewal = await manager.ask(JobManager.renew, "w", "1", (order.token,))
            assert not indexed.is_set()
        finally:
            hold.go_on.set()
        assert (version, receipt.job.id, order.job_id) == (1, "new", "new")
        assert renewal.leases[order.token] is LeaseState.ACTIVE

        await asyncio.wait_for(indexed.wait(), DEADLINE)
        assert await found(manager, EDITED_WORD)


async def test_a_text_that_was_not_indexed_when_the_service_ended_is_indexed_by_the_next(
    opener: SqliteOpener, indexed: asyncio.Event
) -> None:
    journal = await opener()
    assert await journal.unindexed() is not None
    assert (await journal.jobs(Listing(words=(ORIGINAL_WORD,)))).jobs == ()
    await journal.close()

    async with running(opener) as manager:
        await asyncio.wait_for(indexed.wait(), DEADLINE)
        assert await found(manager, ORIGINAL_WORD)
        assert await found(manager, "numero0")
