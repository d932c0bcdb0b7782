"""Damage in a journal is found and named, and a repair deletes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import JournalLocked
from retender.journal.api import Listing
from retender.journal.care.checking import check
from retender.journal.care.repairing import repair
from retender.journal.sqlite import SqliteOpener
from tests.support.http.http_service import Site, says, site


def sized(folder: Path) -> Callable[[str], int | None]:
    def size(sha256: str) -> int | None:
        place = folder / "blobs" / sha256[:2] / sha256
        return place.stat().st_size if place.exists() else None

    return size


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """What a service leaves: two finished jobs, one answered from the cache, and one that waits."""
    async with site(tmp_path) as here:
        for job_id, words in (("a", "one"), ("b", "two"), ("again", "two")):
            await here.submit(says(words, "and", "more", chunks=3), job_id)
            await here.ended(job_id)
    async with site(tmp_path, workers=False) as here:
        await here.submit(says("waits"), "waits")
        await here.services.manager.ask(JobManager.rename, "a", "Renamed")
    return tmp_path


def spoil(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def found(folder: Path) -> list[tuple[str, str]]:
    findings = check(folder / "journal.db", sized(folder))
    return [(finding.kind, finding.job_id) for finding in findings]


async def jobs_in(folder: Path) -> set[str]:
    opened = await SqliteOpener(str(folder / "journal.db"))()
    page = await opened.jobs(Listing())
    await opened.close()
    return {job.id for job in page.jobs}


DAMAGE = {
    "a gap in the events": ("DELETE FROM events WHERE job_id = 'a' AND seq = 2", "events"),
    "a gap in the transcript": ("DELETE FROM segments WHERE job_id = 'a' AND id = 0", "transcript"),
    "the end of the transcript": (
        "DELETE FROM segments WHERE job_id = 'a' AND id = 2",
        "transcript",
    ),
    "a value of another kind": (
        "UPDATE segments SET body = CAST('{' AS BLOB) WHERE job_id = 'a' AND id = 0",
        "unreadable",
    ),
    "a row that is not its body's": ("UPDATE jobs SET owner = 'eve' WHERE id = 'a'", "unreadable"),
}


async def test_nothing_is_wrong_with_what_a_service_leaves(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(("statement", "kind"), DAMAGE.values(), ids=list(DAMAGE))
async def test_damage_is_found_and_the_job_is_left_out_of_the_repaired_journal(
    folder: Path, tmp_path: Path, statement: str, kind: str
) -> None:
    spoil(folder, statement)
    assert (kind, "a") in found(folder)
    damaged = (folder / "journal.db").read_bytes()

    done = repair(folder / "journal.db", tmp_path / "aside")

    assert done.left_out == ("a",)
    assert found(folder) == []
    assert await jobs_in(folder) == {"b", "again", "waits"}
    assert (tmp_path / "aside" / "journal.db").read_bytes() == damaged


async def test_rows_without_a_job_are_found_and_only_kept_aside(
    folder: Path, tmp_path: Path
) -> None:
    spoil(folder, "INSERT INTO peaks (job_id, body) VALUES ('nobody', CAST('x' AS BLOB))")
    assert ("foreign", "nobody") in found(folder)

    done = repair(folder / "journal.db", tmp_path / "aside")

    assert done.left_out == ()
    assert found(folder) == []
    assert await jobs_in(folder) == {"a", "b", "again", "waits"}


@pytest.mark.parametrize("job_id", ["a", "again"])
async def test_a_job_that_the_search_would_never_find_is_found_and_indexed_again(
    folder: Path, tmp_path: Path, job_id: str
) -> None:
    spoil(
        folder,
        f"DELETE FROM search WHERE rowid = (SELECT ordinal FROM jobs WHERE id = '{job_id}')",
    )
    assert found(folder) == [("search", job_id)]

    assert repair(folder / "journal.db", tmp_path / "aside").left_out == ()

    assert found(folder) == []
    async with site(folder, workers=False) as here:
        async with asyncio.timeout(60.0):
            await until_found(here, "more", {"a", "b", "again"})


async def until_found(here: Site, words: str, job_ids: set[str]) -> None:
    """They are indexed beside the other work."""
    found: set[str] = set()
    while found != job_ids:
        await asyncio.sleep(0.05)
        answer = await here.http.get("/jobs", params={"q": words})
        found = {each["job_id"] for each in answer.json()["jobs"]}


async def test_a_recording_that_a_job_still_needs_is_missed(folder: Path) -> None:
    for blob in (folder / "blobs").glob("*/*"):
        blob.unlink()

    assert found(folder) == [("recording", "waits")]


async def test_what_can_be_read_of_a_damaged_file_is_saved(folder: Path, tmp_path: Path) -> None:
    journal = folder / "journal.db"
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries_by_age'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(journal.read_bytes())
    content[(root - 1) * size : root * size] = b"\xff" * size
    journal.write_bytes(content)
    assert {kind for kind, _ in found(folder)} == {"file"}

    repair(journal, tmp_path / "aside")

    assert found(folder) == []
    assert await jobs_in(folder) == {"a", "b", "again", "waits"}
    assert (tmp_path / "aside" / "journal.db").read_bytes() == bytes(content)


async def test_a_journal_without_faults_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = (folder / "journal.db").read_bytes()

    assert repair(folder / "journal.db", tmp_path / "aside").aside is None

    assert (folder / "journal.db").read_bytes() == before
    assert not (tmp_path / "aside").exists()


async def test_a_journal_that_a_service_has_open_is_checked_and_not_repaired(
    folder: Path, tmp_path: Path
) -> None:
    opened = await SqliteOpener(str(folder / "journal.db"))()

    assert found(folder) == []
    with pytest.raises(JournalLocked):
        repair(folder / "journal.db", tmp_path / "aside")
    await opened.close()
