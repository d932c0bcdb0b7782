"""A journal in PostgreSQL whose server, or whose way there, comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from loguru import logger

from retender.errors import Fenced, JournalAway, JournalError
from retender.journal.api import AddPieces, Journal, Write
from retender.journal.postgres import address
from retender.journal.postgres.opener import PostgresOpener
from retender.journal.sql import SqlJournal
from retender.journal.writer import Writer
from tests.support.http.command import until
from tests.support.storage.broken_connections import Cut, Scissors
from tests.support.storage.journal_story import Story, piece
from tests.support.storage.postgres import Postgres


class Base:
    """A database of one's own on the server."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.name = server.database()
        self.url = server.address(self.name)

    def asked(self, question: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            assert row is not None
            return row[0]

    def commits(self) -> int:
        """Of all managers, the beginnings of their epochs among them."""
        return int(self.asked("SELECT commits FROM retender.ledger"))

    async def waiting(self) -> int:
        """How many wait for what another has locked."""
        locked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return int(await asyncio.to_thread(self.asked, f"{locked} AND datname = '{self.name}'"))


@pytest.fixture
def base(postgres: Postgres) -> Base:
    return Base(postgres)


@pytest.fixture
async def scissors(base: Base) -> AsyncIterator[Scissors]:
    async with Scissors(base.server).laid() as between:
        yield between


@asynccontextmanager
async def opened(url: str, wait_seconds: float = 60.0) -> AsyncIterator[Journal]:
    journal = await PostgresOpener(url, wait_seconds)()
    try:
        yield journal
    finally:
        await journal.close()


async def told(journal: Journal) -> list[str]:
    return [event.job_id for event in await journal.log(0, 10_000)]


# Commits of which nobody knows what became


@pytest.mark.parametrize("when", Cut)
async def test_a_commit_counts_once_whenever_its_connection_is_cut(
    base: Base, scissors: Scissors, when: Cut
) -> None:
    story = Story()
    async with opened(scissors.address(base.name)) as journal:
        await journal.begin_epoch()
        for number in range(12):
            scissors.wanted = [when] * (number % 3)
            await journal.commit(1, story.begin(f"job{number}"))
            assert not scissors.wanted, "the connection was to be cut"

        assert await told(journal) == [f"job{number}" for number in range(12)]
    assert base.commits() == 13


async def test_a_commit_that_is_there_is_not_taken_for_the_next_one(
    base: Base, scissors: Scissors
) -> None:
    story = Story()
    async with opened(scissors.address(base.name)) as journal:
        await journal.begin_epoch()
        for number, when in enumerate([Cut.AFTER, Cut.BEFORE] * 4):
            scissors.wanted = [when]
            await journal.commit(1, story.begin("a") if number == 0 else story.tell("a"))

        assert [event.seq for event in await journal.events("a", 0, 99)] == list(range(1, 9))
        assert await journal.job("a") == story.jobs["a"]


SLOW_COMMIT = """
    CREATE FUNCTION retender.wait() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END
    $$;
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON retender.jobs
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION retender.wait()
"""


async def test_a_commit_that_the_server_is_still_at_is_not_made_a_second_time(
    base: Base, scissors: Scissors
) -> None:
    async with opened(scissors.address(base.name)) as journal:
        await journal.begin_epoch()
        base.server.tell(SLOW_COMMIT, base.name)
        with psycopg.connect(base.url) as holder:
            holder.execute("SELECT pg_advisory_lock(1)")
            scissors.wanted = [Cut.DURING]
            commit = asyncio.create_task(journal.commit(1, Story().begin("a")))

            async def asked_what_became_of_it() -> bool:
                return commit.done() or await base.waiting() == 2

            await until(asked_what_became_of_it)
            assert not commit.done()
        await commit
        assert await told(journal) == ["a"]
    assert base.commits() == 2


@pytest.mark.parametrize("when", Cut)
async def test_an_epoch_begins_whenever_its_connection_is_cut(
    base: Base, scissors: Scissors, when: Cut
) -> None:
    story = Story()
    async with opened(scissors.address(base.name)) as journal:
        scissors.wanted = [when]
        epoch = (await journal.begin_epoch()).epoch
        await journal.commit(epoch, story.begin("a"))

        assert not scissors.wanted
        assert await told(journal) == ["a"]


@pytest.mark.parametrize(("when", "there"), [(Cut.BEFORE, False), (Cut.AFTER, True)])
async def test_after_a_commit_that_was_given_up_in_doubt_nothing_is_built_on_a_guess(
    base: Base, scissors: Scissors, when: Cut, there: bool
) -> None:
    story = Story()
    async with opened(scissors.address(base.name), wait_seconds=0.0) as journal:
        await journal.begin_epoch()
        scissors.wanted = [when]
        begun = story.begin("a")
        with pytest.raises(JournalAway, match="cannot be reached"):
            await journal.commit(1, begun)

        if there:
            with pytest.raises(JournalError, match="not as this service left it"):
                await journal.commit(1, story.tell("a"))
        else:
            await journal.commit(1, begun)
    assert base.commits() == 2


# A server that dies


async def test_nothing_is_lost_and_nothing_counts_twice_when_the_server_is_killed(
    base: Base,
) -> None:
    story = Story()
    acknowledged = 0

    async def commit_on() -> None:
        nonlocal acknowledged
        while True:
            await journal.commit(1, story.begin(f"job{acknowledged}"))
            acknowledged += 1

    async def further(goal: int) -> None:
        async def reached() -> bool:
            assert not committing.done(), committing.exception()
            return acknowledged >= goal

        await until(reached)

    async with opened(base.url) as journal:
        await journal.begin_epoch()
        committing = asyncio.create_task(commit_on())
        for _ in range(3):
            await further(acknowledged + 30)
            await asyncio.to_thread(base.server.crash)
            await asyncio.to_thread(base.server.start)
        await further(acknowledged + 30)
        committing.cancel()
        await asyncio.wait({committing})

    async with opened(base.url) as journal:
        recovery = await journal.begin_epoch()
        # One more may be there: under way when nobody waited for it any more.
        assert recovery.position in {acknowledged, acknowledged + 1}
        expected = [f"job{number}" for number in range(recovery.position)]
        assert await told(journal) == expected
        assert [stored.job.id for stored in recovery.unfinished] == expected
    assert base.commits() == recovery.position + 2


async def test_questions_wait_for_the_server_too(base: Base) -> None:
    async with opened(base.url) as journal:
        await journal.begin_epoch()
        await journal.commit(1, Story().begin("a"))
        base.server.crash()
        asked = asyncio.create_task(journal.job("a"))
        await asyncio.to_thread(base.server.start)

        found = await asked
        assert found is not None
        assert found.id == "a"


async def test_when_patience_is_at_its_end_it_is_said_which_database_is_away(base: Base) -> None:
    async with opened(base.url, wait_seconds=0.1) as journal:
        await journal.begin_epoch()
        base.server.stop()
        with pytest.raises(JournalAway, match=f"PostgreSQL at .*{base.name}.* cannot be reached"):
            await journal.commit(1, Story().begin("a"))

        base.server.start()
        await journal.commit(1, Story().begin("a"))


async def test_whoever_closes_does_not_wait_for_a_database_that_is_away(base: Base) -> None:
    said: list[str] = []
    sink = logger.add(lambda line: said.append(str(line)))
    try:
        async with opened(base.url, wait_seconds=1e6) as journal:
            await journal.begin_epoch()
            base.server.stop()
            commit = asyncio.create_task(journal.commit(1, Story().begin("a")))

            async def waits() -> bool:
                return any("trying again" in line for line in said)

            await until(waits)
            await journal.close()
            with pytest.raises(JournalAway, match="away when it was closed"):
                await commit
    finally:
        logger.remove(sink)


# Two managers


class Gate:
    """Holds a commit up when its epoch was found right and nothing is written yet."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    def over(self, journal: Journal) -> SqlJournal:
        gate, loop = self, asyncio.get_running_loop()

        class Held(Writer):
            def apply(self, writes: Sequence[Write]) -> None:
                loop.call_soon_threadsafe(gate.reached.set)
                asyncio.run_coroutine_threadsafe(gate.open.wait(), loop).result()
                super().apply(writes)

        class HeldJournal(SqlJournal):
            writer = Held

        assert isinstance(journal, SqlJournal)
        return HeldJournal(journal._thread)


async def test_an_epoch_begins_after_the_commit_that_is_under_way_and_before_any_other(
    base: Base,
) -> None:
    story, gate = Story(), Gate()
    async with opened(base.url) as older, opened(base.url) as newer:
        await older.begin_epoch()
        commit = asyncio.create_task(gate.over(older).commit(1, story.begin("a")))
        await gate.reached.wait()
        beginning = asyncio.create_task(newer.begin_epoch())

        async def decided() -> bool:
            return beginning.done() or await base.waiting() > 0

        await until(decided)
        waited = not beginning.done()
        gate.open.set()
        assert waited
        await commit

        recovery = await beginning
        assert [stored.job.id for stored in recovery.unfinished] == ["a"]
        with pytest.raises(Fenced):
            await older.commit(1, Story().begin("b"))
        await newer.commit(2, story.begin("c"))
        assert await told(newer) == ["a", "c"]


async def test_a_manager_that_stands_still_in_a_commit_does_not_hold_up_the_next(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "DATABASE_IDLE_SECONDS", 1)
    story, gate = Story(), Gate()
    async with opened(base.url) as older, opened(base.url) as newer:
        await older.begin_epoch()
        commit = asyncio.create_task(gate.over(older).commit(1, story.begin("a")))
        await gate.reached.wait()

        recovery = await newer.begin_epoch()
        gate.open.set()

        assert (recovery.epoch, recovery.position) == (2, 0)
        with pytest.raises(Fenced):
            await commit
        assert await told(newer) == []


async def test_of_two_managers_only_the_newer_commits_whatever_is_cut(
    base: Base, scissors: Scissors
) -> None:
    async with opened(scissors.address(base.name)) as older, opened(base.url) as newer:
        await older.begin_epoch()
        commit = asyncio.create_task(older.commit(1, Story().begin("a")))
        scissors.wanted = [Cut.BEFORE] * 3
        await newer.begin_epoch()
        try:
            await commit
        except Fenced:
            there = []
        else:
            there = ["a"]

        assert await told(newer) == there
        with pytest.raises(Fenced):
            await older.commit(1, [AddPieces((piece("a", 1),))])


async def test_a_database_that_was_put_back_is_not_written_to(base: Base) -> None:
    story = Story()
    async with opened(base.url) as journal:
        await journal.begin_epoch()
        await journal.commit(1, story.begin("a"))
        base.server.tell("UPDATE retender.ledger SET commits = commits - 1", base.name)

        with pytest.raises(JournalError, match="put back to an earlier state"):
            await journal.commit(1, story.begin("b"))
        assert await told(journal) == ["a"]
