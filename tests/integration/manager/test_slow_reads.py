"""Reading a long text does not hold up the work: the journal has a connection for reading."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import JOB_MANAGER
from actors.runtime.api import Recipe, Ref, Spawn
from actors.runtime.local import LocalRuntime
from deployments.wiring.clock import SystemClock
from retender.jobs.submission import Submission
from retender.journal.database import SqliteDatabase
from retender.journal.sqlite import SqliteOpener
from retender.workers.orders import Exchange, LeaseState
from tests.support.actors.manager_service import AUDIO
from tests.support.storage.long_texts import journal_of_ten_hours


class SlowSegments:
    """A connection on which segments are not read before `go_on`."""

    def __init__(self, connection: Any, reading: threading.Event, go_on: threading.Event) -> None:
        self._connection = connection
        self._reading = reading
        self._go_on = go_on

    def execute(self, statement: str, *values: Any) -> Any:
        if "FROM segments" in statement:
            self._reading.set()
            self._go_on.wait()
        return self._connection.execute(statement, *values)

    def executemany(self, statement: str, rows: Any) -> Any:
        return self._connection.executemany(statement, rows)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    reading, go_on = threading.Event(), threading.Event()
    read = SqliteDatabase.read

    def slowly(self: SqliteDatabase, work: Callable[[Any], Any]) -> Any:
        return read(self, lambda connection: work(SlowSegments(connection, reading, go_on)))

    monkeypatch.setattr(SqliteDatabase, "read", slowly)
    return reading, go_on


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[Ref[JobManager]]:
    opener = SqliteOpener(str(await journal_of_ten_hours(tmp_path)), synchronous="off")
    runtime = LocalRuntime(SystemClock())
    recipe = Recipe.of(JobManager, journal=opener, settings=ManagerSettings())
    child = await runtime.spawn(Spawn(JOB_MANAGER, recipe))
    yield runtime.ref(JobManager, JOB_MANAGER)
    await child.stop(5.0)


async def test_submissions_leases_and_heartbeats_go_on_while_a_long_text_is_read(
    manager: Ref[JobManager], slow: tuple[threading.Event, threading.Event]
) -> None:
    reading, go_on = slow
    asked = asyncio.ensure_future(manager.within(120.0).ask(JobManager.transcript, "long"))
    assert await asyncio.to_thread(reading.wait, 120.0)
    try:
        receipt = await manager.ask(JobManager.submit, Submission(job_id="new", audio=AUDIO))
        exchange = Exchange(worker="w", instance="1", want=1)
        (order,) = (await manager.ask(JobManager.exchange, exchange)).orders
        renewal = await manager.ask(JobManager.renew, "w", "1", (order.token,))
        status = await manager.ask(JobManager.status, "new")
        assert not asked.done()
    finally:
        go_on.set()
    assert (receipt.job.id, order.job_id, status.job.id) == ("new", "new", "new")
    assert renewal.leases[order.token] is LeaseState.ACTIVE
    page = await asked
    assert len(page.transcript.segments) > 0
