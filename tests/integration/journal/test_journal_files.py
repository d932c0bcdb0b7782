"""Who may have the journal's files open, and what is left of those who had."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import weakref
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from retender.errors import (
    JournalError,
    JournalLocked,
    StaleLease,
)
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.journal.api import (
    AddPieces,
    DeleteJob,
    Index,
    Journal,
    Listing,
    SaveEdit,
    SaveJob,
)
from retender.journal.migrations import migrations
from retender.journal.sqlite import SqliteJournal, SqliteOpener
from retender.journal.writer import Writer
from retender.transcript.edits import Edit
from tests.support.storage.journal_story import (
    Story,
    audio,
    grant,
    piece,
    result,
    segments,
    settle,
)

RESULTS_BY_OWNER = 8
"""The schema since which results are looked up by owner."""

OTHER_PROCESS = """
import asyncio, sys
from retender.journal.sqlite import SqliteOpener
from tests.support.storage.journal_story import Story

async def live():
    journal = await SqliteOpener(sys.argv[1])()
    await journal.begin_epoch()
    story = Story()
    print("open", flush=True)
    while True:
        writes = story.begin(f"job{story.position}")
        await journal.commit(1, writes)
        print(story.position, flush=True)

asyncio.run(live())
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


@contextmanager
def other_process(path: str) -> Iterator[subprocess.Popen[str]]:
    """One that has the journal open and commits job after job."""
    command = [sys.executable, "-c", OTHER_PROCESS, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def descriptors(path: str) -> int:
    """How many this process holds on files of this journal. Other tests may have left some on
    theirs, which go when it pleases the garbage collector."""
    held = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            held += str(descriptor.readlink()).startswith(path)
    return held


def journal_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("journal")}


async def a_life(opener: SqliteOpener) -> tuple[Journal, int]:
    journal = await opener()
    return journal, (await journal.begin_epoch()).epoch


# Who may open it


async def test_a_second_process_is_told_who_has_the_journal(path: str) -> None:
    with other_process(path) as process:
        with pytest.raises(JournalLocked) as refused:
            await SqliteOpener(path)()

        assert refused.value.details["pid"] == process.pid
        assert f"process {process.pid} on {os.uname().nodename}" in refused.value.message
        assert refused.value.details["since"] in refused.value.message


async def test_a_killed_process_leaves_the_lock_free_and_every_acknowledged_commit(
    path: str,
) -> None:
    with other_process(path) as process:
        assert process.stdout is not None
        acknowledged = 0
        while acknowledged < 200:
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
        process.wait()

    journal = await SqliteOpener(path)()
    recovery = await journal.begin_epoch()
    await journal.close()

    # One more may be there: committed, but killed before it could say so.
    assert recovery.position in {acknowledged, acknowledged + 1}
    assert len(recovery.unfinished) == recovery.position


async def test_a_restarted_manager_takes_over_from_one_that_crashed(path: str) -> None:
    opener = SqliteOpener(path)
    crashed, _ = await a_life(opener)
    story = Story()
    await crashed.commit(1, story.begin("a"))

    journal, epoch = await a_life(opener)

    assert epoch == 2
    assert await journal.job("a") == story.jobs["a"]
    with pytest.raises(JournalError, match="closed"):
        await crashed.commit(1, story.begin("b"))
    await journal.close()


async def test_a_commit_under_way_at_the_crash_is_through_before_the_next_life_begins(
    path: str,
) -> None:
    opener = SqliteOpener(path)
    crashed, _ = await a_life(opener)
    story = Story()
    begun, go_on = threading.Event(), threading.Event()

    class SlowWriter(Writer):
        def check_epoch(self, epoch: int) -> None:
            super().check_epoch(epoch)
            begun.set()
            go_on.wait()

    class SlowJournal(SqliteJournal):
        writer = SlowWriter

    assert isinstance(crashed, SqliteJournal)
    commit = asyncio.create_task(SlowJournal(crashed._thread).commit(1, story.begin("a")))
    await asyncio.to_thread(begun.wait)
    commit.cancel()
    opening = asyncio.create_task(opener())
    await asyncio.wait({commit})
    assert not opening.done()
    go_on.set()

    recovery = await (await opening).begin_epoch()

    assert [stored.job.id for stored in recovery.unfinished] == ["a"]
    await (await opener()).close()


async def test_crash_after_crash_leaks_neither_threads_nor_files(path: str) -> None:
    others = journal_threads()
    opener = SqliteOpener(path)
    await a_life(opener)
    files = descriptors(path)

    for _ in range(10):
        await a_life(opener)

    assert descriptors(path) == files > 0
    assert len(journal_threads() - others) == 2, "one writes, one reads"
    await (await opener()).close()


async def test_a_journal_dropped_with_its_opener_lets_go_of_the_file(path: str) -> None:
    others = journal_threads()
    opener = SqliteOpener(path)
    journal, _ = await a_life(opener)
    assert descriptors(path) > 0
    threads = [weakref.ref(thread) for thread in journal_threads() - others]

    del opener, journal
    gc.collect()
    for thread in threads:
        while (ending := thread()) is not None and ending.is_alive():
            await asyncio.to_thread(ending.join)

    assert descriptors(path) == 0
    another, epoch = await a_life(SqliteOpener(path))
    assert epoch == 2
    await another.close()


async def test_another_opener_in_the_same_process_is_refused(path: str) -> None:
    journal, _ = await a_life(SqliteOpener(path))

    with pytest.raises(JournalLocked, match="this very process"):
        await SqliteOpener(path)()

    await journal.close()
    await (await SqliteOpener(path)()).close()


async def test_an_opener_is_plain_data(path: str) -> None:
    opener = SqliteOpener(path)
    journal = await opener()

    assert msgspec.json.decode(msgspec.json.encode(opener), type=SqliteOpener) == opener
    await journal.close()


async def test_an_older_journal_is_brought_up_and_its_jobs_are_found(path: str) -> None:
    (save, _) = Story().begin("a", name="Board")
    assert isinstance(save, SaveJob)
    with closing(sqlite3.connect(path)) as older:
        for number, script in migrations("sqlite")[:2]:
            older.executescript(f"{script}; PRAGMA user_version = {number}")
        row = ("a", "ana", "queued", msgspec.json.encode(save.job))
        older.execute("INSERT INTO jobs (id, owner, status, body) VALUES (?, ?, ?, ?)", row)
        older.commit()

    journal = await SqliteOpener(path)()
    assert [stored.job.id for stored in (await journal.begin_epoch()).unfinished] == ["a"]
    read = await journal.unindexed()
    assert read is not None
    await journal.commit(1, [Index(read)])
    (job,) = (await journal.jobs(Listing(words=("board",)))).jobs
    assert job == save.job
    await journal.close()


async def test_results_of_an_older_journal_are_known_to_their_owners_alone(path: str) -> None:
    save = Story().whole("a", Status.COMPLETED, owner="ana", audio=audio(1))[0]
    assert isinstance(save, SaveJob)
    key = save.job.cache_key
    assert key is not None
    with closing(sqlite3.connect(path)) as older:
        for number, script in migrations("sqlite"):
            if number < RESULTS_BY_OWNER:
                older.executescript(f"{script}; PRAGMA user_version = {number}")
        row = ("a", "ana", "completed", key, msgspec.json.encode(save.job))
        older.execute(
            "INSERT INTO jobs (id, owner, status, cache_key, body) VALUES (?, ?, ?, ?, ?)", row
        )
        older.commit()

    journal = await SqliteOpener(path)()

    assert await journal.completed(key, "ana") == save.job
    assert await journal.completed(key, "ben") is None
    await journal.close()


async def test_an_edit_from_before_there_were_parts_is_read_whole(path: str) -> None:
    (save, _) = Story().begin("a")
    assert isinstance(save, SaveJob)
    edited = segments(0, 3)
    with closing(sqlite3.connect(path)) as older:
        for number, script in migrations("sqlite")[:6]:
            older.executescript(f"{script}; PRAGMA user_version = {number}")
        row = ("a", "ana", "queued", msgspec.json.encode(save.job))
        older.execute("INSERT INTO jobs (id, owner, status, body) VALUES (?, ?, ?, ?)", row)
        body = zlib.compress(msgspec.json.encode(edited))
        older.execute("INSERT INTO edits VALUES ('a', 1, 9.0, ?)", (body,))
        older.commit()

    journal = await SqliteOpener(path)()
    read = await journal.beside.text("a")
    assert read is not None
    assert (read.version, read.segments) == (1, edited)
    await journal.begin_epoch()
    await journal.commit(1, [SaveEdit("a", Edit.of(2, 10.0, edited[:1])), DeleteJob("a")])
    assert await journal.edit("a") is None
    await journal.close()


async def test_the_folder_is_made_when_it_is_missing(tmp_path: Path) -> None:
    journal, epoch = await a_life(SqliteOpener(str(tmp_path / "a" / "b" / "journal.sqlite3")))

    assert epoch == 1
    await journal.close()


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalError, match=r"file/journal\.sqlite3 cannot be opened"):
        await SqliteOpener(str(tmp_path / "file" / "journal.sqlite3"))()


# What simulations rely on


def connection() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


async def test_a_journal_over_a_connection_leaves_it_open_for_the_next(path: str) -> None:
    with closing(connection()) as disk:
        first = await SqliteJournal.over(disk)
        await first.begin_epoch()
        story = Story()
        await first.commit(1, story.begin("a"))
        # The manager dies in the middle of a transaction.
        disk.execute("BEGIN IMMEDIATE")
        disk.execute("DELETE FROM jobs")

        second = await SqliteJournal.over(disk)

        recovery = await second.begin_epoch()
        assert recovery.epoch == 2
        assert [stored.job for stored in recovery.unfinished] == [story.jobs["a"]]
        await first.close()
        await second.close()


async def test_the_token_check_is_what_keeps_late_results_out() -> None:
    class Careless(Writer):
        def ends_lease(self, piece: Piece, token: str) -> bool:
            return True

    class CarelessJournal(SqliteJournal):
        writer = Careless

    waiting = piece("a", 1)
    late = [settle(waiting, "1.0", result(0))]
    for kind in (SqliteJournal, CarelessJournal):
        with closing(connection()) as disk:
            journal = await kind.over(disk)
            await journal.begin_epoch()
            begun = [*Story().begin("a"), AddPieces((waiting,)), grant(waiting, "1.1")]
            await journal.commit(1, begun)
            if kind is SqliteJournal:
                with pytest.raises(StaleLease):
                    await journal.commit(1, late)
            else:
                await journal.commit(1, late)
            await journal.close()
