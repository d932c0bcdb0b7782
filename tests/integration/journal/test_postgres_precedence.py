"""Two services on one database: the one that began later has the journal, the other stands by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from loguru import logger

from actors.manager.job_manager import JobManager
from retender.errors import Fenced, JournalAway, Superseded
from retender.journal.api import Journal
from retender.journal.postgres.opener import PostgresOpener
from tests.support.http.command import until
from tests.support.http.http_service import Site, says, site
from tests.support.storage.journal_story import Story
from tests.support.storage.postgres import Postgres

OLDER, NEWER = 1_000_000_000.0, 1_000_000_060.5
LONG = 1e6

SESSIONS = 2
"""Connections of one service: one writes, one reads."""


class Base:
    """A database of one's own on the server."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.name = server.database()
        self.url = server.address(self.name)

    def epoch(self) -> int:
        return int(self._asked("SELECT epoch FROM retender.ledger"))

    def sessions(self) -> list[int]:
        return [int(pid) for pid in self._asked(f"SELECT array_agg(pid) {self._others}") or ()]

    def cut_all(self) -> None:
        for session in self.sessions():
            self._asked(f"SELECT pg_terminate_backend({session}, 60000)")

    @property
    def _others(self) -> str:
        return (
            f"FROM pg_stat_activity WHERE datname = '{self.name}' AND pid <> pg_backend_pid() "
            "AND application_name = 'retender'"
        )

    def _asked(self, question: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            assert row is not None
            return row[0]


@pytest.fixture
def base(postgres: Postgres) -> Base:
    return Base(postgres)


@asynccontextmanager
async def service(base: Base, since: float, poll_seconds: float = 0.0) -> AsyncIterator[Journal]:
    journal = await PostgresOpener(base.url, poll_seconds, since)()
    try:
        yield journal
    finally:
        await journal.close()


@contextmanager
def log() -> Iterator[list[str]]:
    said: list[str] = []
    sink = logger.add(lambda line: said.append(str(line)))
    try:
        yield said
    finally:
        logger.remove(sink)


async def told_to_stand_by(said: list[str]) -> None:
    async def told() -> bool:
        return any("this one stands by" in line for line in said)

    await until(told)


# One journal


async def test_the_older_one_is_told_who_has_the_journal(base: Base) -> None:
    async with service(base, NEWER) as newer, service(base, OLDER) as older:
        await newer.begin_epoch()
        with pytest.raises(Superseded) as refusal:
            await older.begin_epoch()

        assert refusal.value.message == (
            "a newer service, begun at 2001-09-09T01:47:40+00:00, has the journal in PostgreSQL at "
            f"{base.server.folder} ({base.name}); this one stands by"
        )
        assert base.epoch() == 1
        await newer.commit(1, Story().begin("a"))


async def test_the_older_one_waits_until_the_newer_one_is_gone(base: Base) -> None:
    async with service(base, OLDER, LONG) as older:
        async with service(base, NEWER) as newer:
            await newer.begin_epoch()
            await newer.commit(1, Story().begin("a"))
            with log() as said:
                beginning = asyncio.create_task(older.begin_epoch())
                await told_to_stand_by(said)
            assert not beginning.done()

        recovery = await beginning
        assert (recovery.epoch, [stored.job.id for stored in recovery.unfinished]) == (2, ["a"])


async def test_the_newer_one_takes_over_at_once(base: Base) -> None:
    async with service(base, OLDER) as older, service(base, NEWER) as newer:
        await older.begin_epoch()
        assert (await newer.begin_epoch()).epoch == 2
        with pytest.raises(Fenced):
            await older.commit(1, Story().begin("a"))


async def test_a_service_does_not_wait_for_itself(base: Base) -> None:
    async with service(base, NEWER) as first, service(base, NEWER) as second:
        await first.begin_epoch()
        assert (await second.begin_epoch()).epoch == 2
        assert (await first.begin_epoch()).epoch == 3


async def test_where_nobody_is_the_ledger_alone_keeps_nobody_out(base: Base) -> None:
    async with service(base, NEWER) as newer:
        await newer.begin_epoch()
    async with service(base, OLDER, LONG) as older:
        assert (await older.begin_epoch()).epoch == 2


async def test_the_newer_one_keeps_its_place_over_a_new_connection(base: Base) -> None:
    async with service(base, NEWER, LONG) as newer:
        await newer.begin_epoch()
        base.cut_all()
        assert await newer.job("a") is None
        async with service(base, OLDER) as older:
            with pytest.raises(Superseded):
                await older.begin_epoch()
        await newer.commit(1, Story().begin("a"))


async def test_the_newer_one_has_its_place_back_from_one_that_slipped_in(base: Base) -> None:
    async with service(base, NEWER, LONG) as newer:
        await newer.begin_epoch()
        base.cut_all()
        async with service(base, OLDER) as older:
            assert (await older.begin_epoch()).epoch == 2
            with pytest.raises(Fenced):
                await newer.commit(1, Story().begin("a"))

            assert (await newer.begin_epoch()).epoch == 3
            with pytest.raises(Fenced):
                await older.commit(2, Story().begin("a"))
            with pytest.raises(Superseded):
                await older.begin_epoch()
            await newer.commit(3, Story().begin("a"))


async def test_the_oldest_of_three_waits_for_the_one_between(base: Base) -> None:
    async with service(base, OLDER) as oldest, service(base, OLDER + 1) as between:
        async with service(base, NEWER) as newest:
            await newest.begin_epoch()
            for each in (oldest, between):
                with pytest.raises(Superseded):
                    await each.begin_epoch()
        await base_is_left(base, 2 * SESSIONS)
        assert (await between.begin_epoch()).epoch == 2
        with pytest.raises(Superseded):
            await oldest.begin_epoch()


async def base_is_left(base: Base, sessions: int) -> None:
    async def so() -> bool:
        return len(base.sessions()) == sessions

    await until(so)


async def test_whoever_closes_does_not_wait_for_a_newer_service(base: Base) -> None:
    async with service(base, NEWER) as newer, service(base, OLDER, LONG) as older:
        await newer.begin_epoch()
        with log() as said:
            beginning = asyncio.create_task(older.begin_epoch())
            await told_to_stand_by(said)
        await older.close()
        with pytest.raises(Superseded):
            await beginning


async def test_who_is_killed_while_it_waits_leaves_nothing_behind_that_does(base: Base) -> None:
    async with service(base, NEWER) as newer, service(base, OLDER, LONG) as older:
        await newer.begin_epoch()
        with log() as said:
            beginning = asyncio.create_task(older.begin_epoch())
            await told_to_stand_by(said)
        beginning.cancel()
        await asyncio.wait({beginning})
        # Its thread is free again, and ends with its executor.
        assert await older.job("a") is None


async def test_a_database_that_is_away_is_not_waited_for_by_one_who_was_killed(base: Base) -> None:
    async with service(base, NEWER, LONG) as journal:
        await journal.begin_epoch()
        base.server.stop()
        with log() as said:
            asked = asyncio.create_task(journal.job("a"))

            async def waits() -> bool:
                return any("trying again" in line for line in said)

            await until(waits)
        asked.cancel()
        await asyncio.wait({asked})
        with pytest.raises(JournalAway):
            await journal.job("a")


# Two whole services


async def standing_by(here: Site) -> dict[str, Any]:
    """Its health, once it tells that it stands by."""

    async def told() -> bool:
        health.update((await here.http.get("/health")).json())
        return "a newer service" in (health["reason"] or "")

    health: dict[str, Any] = {}
    await until(told)
    return health


async def test_of_two_services_the_newer_one_goes_on_and_the_older_one_comes_back(
    tmp_path: Path, base: Base
) -> None:
    def opener(since: float) -> PostgresOpener:
        return PostgresOpener(base.url, 2.0, since)

    async with site(tmp_path, journal=opener(OLDER)) as older:
        await older.submit(says("first", takes=0.05, chunks=20), "first")
        async with site(tmp_path, journal=opener(NEWER)) as newer:
            await newer.ended("first")
            # It may have been idle when it was fenced out, and learns of it here.
            with pytest.raises(Exception, match="job_manager"):
                await older.submit(says("refused"), "refused")

            health = await standing_by(older)
            assert health["status"] == "degraded"
            assert (await older.http.get("/health/ready")).status_code == 503
            await newer.submit(says("second"), "second")
            await newer.ended("second")
            assert base.epoch() == 2

        await again_with_the_journal(older)
        assert base.epoch() == 3
        await older.submit(says("third"), "third")
        await older.ended("third")
        for job in ("first", "second", "third"):
            assert (await older.job(job))["status"] == "completed"


async def again_with_the_journal(here: Site) -> None:
    async def so() -> bool:
        return (await here.http.get("/health/ready")).status_code == 200

    await until(so)
    assert (await here.services.manager.ask(JobManager.info)).accepting
