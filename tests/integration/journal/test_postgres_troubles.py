"""What a database says no to, as a person hears it; and never its password."""

from __future__ import annotations

import asyncio
import importlib.util
import traceback
from pathlib import Path

import msgspec
import pytest

from deployments.doctor.database import database
from deployments.doctor.finding import State
from deployments.settings import BadSetting, Settings, read
from deployments.wiring import journals
from retender.errors import JournalError, JournalTooNew, StorageFull
from retender.journal.api import Index, Journal, Listing, Release
from retender.journal.migrations import newest
from retender.journal.postgres.opener import PostgresOpener
from retender.journal.sqlite import SqliteOpener
from tests.support.storage.journal_story import Story, segments
from tests.support.storage.postgres import PASSWORD, Postgres

WRONG = "hunter2-is-secret"
NOWHERE = f"postgresql://someone:{WRONG}@127.0.0.1:9/journal"

FULL = """
    CREATE FUNCTION retender.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END
    $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON retender.segments
        EXECUTE FUNCTION retender.no_room()
"""


def set_to(url: str) -> Settings:
    return read({"RETENDER_DATABASE_URL": url}, Path("/nonexistent/.env"))


async def a_life(url: str, wait_seconds: float = 0.0) -> Journal:
    journal = await PostgresOpener(url, wait_seconds)()
    await journal.begin_epoch()
    return journal


async def refused(url: str) -> str:
    """What is said, and that nothing of it, nor of what leads to it, gives the password away."""
    opener = PostgresOpener(url, wait_seconds=0.0)
    with pytest.raises(JournalError) as refusal:
        await opener()
    whole = "".join(traceback.format_exception(refusal.value)) + repr(opener)
    assert WRONG not in whole
    assert PASSWORD not in whole
    return refusal.value.message


# What it is refused with


async def test_a_wrong_password_is_told_as_such(postgres: Postgres) -> None:
    said = await refused(postgres.address("postgres", password=WRONG))
    assert "does not take Retender in: password authentication failed" in said


async def test_a_database_that_does_not_exist_is_named(postgres: Postgres) -> None:
    assert 'database "nothing" does not exist' in await refused(postgres.address("nothing"))


async def test_a_server_that_is_not_there_is_told_with_its_address() -> None:
    said = await refused(NOWHERE)
    assert said.startswith("PostgreSQL at 127.0.0.1:9 (journal) cannot be reached: ")
    assert "Connection refused" in said


@pytest.mark.parametrize("url", [f"postgres//u:{WRONG}@host", f"postgresql://u:{WRONG}@[host/"])
async def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    assert "postgresql://user:password@host:5432/name" in await refused(url)


async def test_one_who_may_make_nothing_there_hears_so(postgres: Postgres) -> None:
    name = postgres.database()
    postgres.tell(f"CREATE ROLE guest LOGIN PASSWORD '{WRONG}'")
    try:
        said = await refused(postgres.address(name, user="guest", password=WRONG))
        assert "does not let Retender work in it: permission denied for database" in said
    finally:
        postgres.tell("DROP ROLE guest")


async def test_a_database_that_takes_no_writes_is_told_as_such(postgres: Postgres) -> None:
    name = postgres.database()
    postgres.tell(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "takes no writes" in await refused(postgres.address(name))


async def test_a_database_without_room_for_all_letters_is_refused(postgres: Postgres) -> None:
    postgres.tell("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    try:
        assert "ENCODING 'UTF8'" in await refused(postgres.address("latin"))
    finally:
        postgres.tell("DROP DATABASE latin")


# What happens later


async def test_a_full_disk_refuses_the_commit_and_the_journal_goes_on(postgres: Postgres) -> None:
    name, story = postgres.database(), Story()
    journal = await a_life(postgres.address(name))
    await journal.commit(1, story.begin("a"))
    postgres.tell(FULL, name)
    more = [*story.tell("a"), Release("a", 1, segments(0, 3))]

    with pytest.raises(StorageFull, match="No space left") as full:
        await journal.commit(1, more)

    assert full.value.retry_after is not None
    assert [event.seq for event in await journal.events("a", 0, 9)] == [1]
    postgres.tell("DROP TRIGGER full_disk ON retender.segments", name)
    await journal.commit(1, more)
    assert await journal.segments("a") == segments(0, 3)
    await journal.close()


async def test_a_server_that_has_become_read_only_is_told_as_such(postgres: Postgres) -> None:
    name = postgres.database()
    journal = await a_life(postgres.address(name), wait_seconds=0.1)
    postgres.tell(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    ours = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    postgres.tell(ours)

    with pytest.raises(JournalError, match="takes no writes: session is read-only"):
        await journal.commit(1, Story().begin("a"))
    postgres.tell(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await journal.commit(1, Story().begin("a"))
    await journal.close()


# Its schema


async def test_many_who_come_first_at_the_same_time_find_one_schema(postgres: Postgres) -> None:
    url = postgres.address(postgres.database())
    instances = await asyncio.gather(*(a_life(url) for _ in range(4)))
    last = await a_life(url)
    assert (await last.begin_epoch()).epoch == 6
    for journal in (*instances, last):
        await journal.close()


async def test_an_older_schema_is_brought_up_and_keeps_its_jobs(postgres: Postgres) -> None:
    name = postgres.database()
    journal = await a_life(postgres.address(name))
    await journal.commit(1, Story().begin("a", name="Board"))
    await journal.close()
    tables = ("edit_parts", "peaks", "edits", "forgotten", "search", "unindexed")
    indexes = ("jobs_by_audio", "jobs_known_to_owner")
    as_it_was = "; ".join(
        (
            "ALTER TABLE retender.ledger DROP COLUMN since",
            *(f"DROP TABLE retender.{table}" for table in tables),
            *(f"DROP INDEX retender.{index}" for index in indexes),
            "CREATE INDEX jobs_by_end ON retender.jobs (completed_at, sha256)",
        )
    )
    postgres.tell(f"{as_it_was}; UPDATE retender.schema_version SET version = 1", name)

    later = await PostgresOpener(postgres.address(name), 0.0, since=5.0)()
    recovery = await later.begin_epoch()

    assert (recovery.epoch, [stored.job.id for stored in recovery.unfinished]) == (2, ["a"])
    read = await later.unindexed()
    assert read is not None
    await later.commit(2, [Index(read)])
    (job,) = (await later.jobs(Listing(words=("board",)))).jobs
    assert job.id == "a"
    await later.close()


async def test_a_newer_schema_is_refused_naming_both_versions(postgres: Postgres) -> None:
    name = postgres.database()
    await (await a_life(postgres.address(name))).close()
    postgres.tell("UPDATE retender.schema_version SET version = 999", name)

    with pytest.raises(JournalTooNew, match=rf"999.*\b{newest('postgres')}\b"):
        await a_life(postgres.address(name))
    finding = database(set_to(postgres.address(name)))
    assert finding is not None
    assert (finding.state, finding.advice[:7]) == (State.BAD, "Install")


async def test_other_tables_in_the_database_are_left_alone(postgres: Postgres) -> None:
    name = postgres.database()
    postgres.tell("CREATE TABLE jobs (theirs TEXT); INSERT INTO jobs VALUES ('kept')", name)
    journal = await a_life(postgres.address(name))
    await journal.commit(1, Story().begin("a"))
    await journal.close()
    postgres.tell("SELECT 1 / count(*) FROM public.jobs WHERE theirs = 'kept'", name)


# How it is set


async def test_an_opener_is_plain_data() -> None:
    opener = PostgresOpener(NOWHERE, since=5.0)
    assert msgspec.json.decode(msgspec.json.encode(opener), type=PostgresOpener) == opener


def test_the_setting_says_which_journal_is_kept_and_is_never_shown() -> None:
    settings = set_to(NOWHERE)
    assert journals.journal(settings, 5.0) == PostgresOpener(NOWHERE, since=5.0)
    assert WRONG not in repr(settings)
    assert isinstance(journals.journal(set_to("")), SqliteOpener)


def test_an_address_of_something_else_stops_the_start() -> None:
    with pytest.raises(BadSetting, match="RETENDER_DATABASE_URL is set to a secret") as refusal:
        set_to(f"mysql://someone:{WRONG}@host/journal")
    assert WRONG not in str(refusal.value)


def test_without_the_client_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BadSetting, match=r"pip install 'retender\[postgres\]'"):
        journals.journal(set_to(NOWHERE))
    finding = database(set_to(NOWHERE))
    assert finding is not None
    assert (finding.state, finding.advice[:11]) == (State.BAD, "pip install")


async def test_the_doctor_says_whether_it_can_be_reached(postgres: Postgres) -> None:
    name = postgres.database()

    def found() -> tuple[State, str]:
        finding = database(set_to(postgres.address(name)))
        assert finding is not None
        return finding.state, finding.found

    assert database(set_to("")) is None
    assert found()[0] is State.GOOD
    assert "made with the first start" in found()[1]
    await (await a_life(postgres.address(name))).close()
    assert "made with the first start" not in found()[1]
    postgres.stop()
    assert found()[0] is State.BAD
