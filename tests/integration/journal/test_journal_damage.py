"""A journal whose files are damaged, foreign, too new, or on a full disk."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from retender.errors import JournalCorrupt, JournalTooNew, StorageFull
from retender.journal.api import Journal, Release, Write
from retender.journal.durability import durability_warning
from retender.journal.migrations import newest
from retender.journal.sqlite import SqliteOpener
from tests.support.storage.journal_story import Story, segments


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "journal.sqlite3")


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process can grow beyond that, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(path: str) -> dict[str, bytes]:
    files = {suffix: Path(path + suffix) for suffix in ("", "-wal")}
    return {suffix: file.read_bytes() for suffix, file in files.items() if file.exists()}


def restore(path: str, saved: dict[str, bytes]) -> None:
    for suffix, content in saved.items():
        Path(path + suffix).write_bytes(content)


def truncate(path: str, part: float) -> None:
    os.truncate(path, int(size(path) * part))


def overwrite(path: str, start: int, end: int) -> None:
    """The bytes from `start` on, up to `end` counted from the file's end where negative."""
    with Path(path).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(start)
        file.write(b"\x07" * ((size + end if end < 0 else end) - start))


def size(path: str) -> int:
    return Path(path).stat().st_size


async def opened(opener: SqliteOpener) -> Journal:
    journal = await opener()
    await journal.begin_epoch()
    return journal


async def used_journal(path: str, jobs: int = 50) -> None:
    journal = await opened(SqliteOpener(path))
    story = Story()
    for number in range(jobs):
        release = Release(f"job{number}", 1, segments(0, 3))
        await journal.commit(1, [*story.begin(f"job{number}"), release])
    await journal.close()


async def refused(path: str) -> JournalCorrupt:
    before = contents(path)
    with pytest.raises(JournalCorrupt) as refusal:
        await SqliteOpener(path)()
    assert contents(path) == before, "the files were touched"
    # The lock is free for the next process after the repair.
    with pytest.raises(JournalCorrupt):
        await SqliteOpener(path)()
    return refusal.value


async def test_what_is_no_database_is_refused_and_left_as_it_is(path: str) -> None:
    restore(path, {"": b"these are my notes, not a database" * 500})

    refusal = await refused(path)

    assert path in refusal.message
    assert "backup" in refusal.message


async def test_another_programs_database_is_refused_and_left_as_it_is(path: str) -> None:
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE photos (id INTEGER PRIMARY KEY)")

    assert "another program" in (await refused(path)).message


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
async def test_a_truncated_journal_is_refused_and_left_as_it_is(path: str, part: float) -> None:
    await used_journal(path)
    truncate(path, part)

    await refused(path)


async def test_a_journal_whose_schema_is_overwritten_is_refused(path: str) -> None:
    await used_journal(path)
    overwrite(path, 100, 3000)

    await refused(path)


async def test_a_damaged_journal_with_a_log_beside_it_is_left_as_it_is(path: str) -> None:
    await used_journal(path)
    opener = SqliteOpener(path)
    journal = await opened(opener)
    await journal.commit(2, [Release("job0", 2, segments(3, 30))])
    image = contents(path)
    await journal.close()
    restore(path, image)
    truncate(path, 0.1)

    await refused(path)


async def test_damage_come_across_later_is_told_as_such(path: str) -> None:
    await used_journal(path, jobs=500)
    # All but the schema and the far ends, which are looked at on opening.
    overwrite(path, 20 * 4096, -20 * 4096)

    with pytest.raises(JournalCorrupt):
        await read_all(SqliteOpener(path), jobs=500)


async def read_all(opener: SqliteOpener, jobs: int) -> None:
    journal = await opened(opener)
    try:
        for number in range(jobs):
            await journal.segments(f"job{number}")
    finally:
        await journal.close()


async def test_a_newer_journal_is_refused_naming_both_versions(path: str) -> None:
    await used_journal(path, jobs=1)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 999")

    with pytest.raises(JournalTooNew, match=rf"999.*\b{newest('sqlite')}\b"):
        await SqliteOpener(path)()


async def test_a_full_disk_refuses_the_commit_and_the_journal_goes_on(path: str) -> None:
    journal = await opened(SqliteOpener(path))
    story = Story()
    await journal.commit(1, story.begin("a"))
    big: list[Write] = [*story.tell("a"), Release("a", 1, segments(0, 5000))]
    full_at = size(f"{path}-wal") + 4096

    with disk_full_at(full_at), pytest.raises(StorageFull) as refusal:
        await journal.commit(1, big)

    assert refusal.value.retry_after is not None
    assert await journal.segments("a") == ()
    assert [event.seq for event in await journal.events("a", 0, 10)] == [1]
    await journal.commit(1, big)
    assert len(await journal.segments("a")) == 5000
    await journal.close()


async def test_a_disk_full_at_the_start_is_told_as_such(path: str) -> None:
    with disk_full_at(4096), pytest.raises(StorageFull):
        await SqliteOpener(path)()

    await (await SqliteOpener(path)()).close()


# A disk that does not last


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/journal.sqlite3", None),
        ("/datafile", "overlay"),
        ("/app/journal.sqlite3", "overlay"),
        ("/data/cache/journal.sqlite3", "tmpfs"),
        ("/with space/journal.sqlite3", "tmpfs"),
        ("/hidden/journal.sqlite3", None),
    ],
)
def test_a_disk_that_vanishes_on_restart_is_warned_about(
    tmp_path: Path, path: str, kind: str | None
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "overlay / overlay rw 0 0\n"
        "/dev/sda1 /data ext4 rw 0 0\n"
        "tmpfs /data/cache tmpfs rw 0 0\n"
        "tmpfs /with\\040space tmpfs rw 0 0\n"
        "tmpfs /hidden tmpfs rw 0 0\n"
        "/dev/sdb1 /hidden xfs rw 0 0\n"
    )

    warning = durability_warning(path, mounts)

    if kind is None:
        assert warning is None
    else:
        assert warning is not None
        assert path in warning
        assert kind in warning


def test_nothing_is_said_where_mounts_cannot_be_read(tmp_path: Path) -> None:
    assert durability_warning("/data", tmp_path / "no such file") is None
