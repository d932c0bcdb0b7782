"""`retender watch-folder` against a service that runs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from actors.manager.job_manager import JobManager
from deployments.client.client import Client
from deployments.limits import UPLOAD_PART_BYTES
from deployments.watch_folder.records import Records
from deployments.watch_folder.watcher import Folders, WantedResults, Watcher
from retender.jobs.job import Job
from retender.transcript.formats import Format
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.command import retender, running, until
from tests.support.http.http_service import Site, says, site

FAILS = Script((Passage(("never",), takes=0.0, acts=(Act.FATAL,)),))
LONG_AGO = 1_000_000_000
USUAL = {"language": "auto", "engine": "auto", "task": "transcribe"}
"""What the command asks for where nothing else is said."""


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "in").mkdir()
    async with site(tmp_path / "service") as opened:
        yield opened


def put(folder: Path, name: str, script: Script, *, length: int = 0) -> Path:
    """A recording that came long ago."""
    place = folder / "in" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(script.recorded().ljust(length))
    os.utime(place, (LONG_AGO, LONG_AGO))
    return place


class Once(NamedTuple):
    well: bool
    told: list[str]


async def watch(
    folder: Path, here: Site, *kinds: Format, settle: float = 1.0, retry: bool = False
) -> Once:
    """What one run of the command does, from IN to OUT."""
    told: list[str] = []
    what = WantedResults(USUAL, kinds or ("txt",))
    folders = Folders(folder / "in", folder / "out")
    async with Client(here.url) as client:
        watcher = Watcher(client, folders, what, settle, told.append)
        with Records(folders.out).alone():
            if retry:
                await watcher.retry_failed()
            well = await watcher.once()
    return Once(well, [line for line in told if not line.startswith("…")])


def results(folder: Path) -> dict[str, str]:
    out = folder / "out"
    found = (path for path in out.rglob("*") if path.is_file())
    return {
        str(path.relative_to(out)): path.read_text()
        for path in found
        if ".retender" not in path.parts
    }


def records(folder: Path) -> list[Path]:
    return list((folder / "out" / ".retender").glob("*.json"))


async def jobs(here: Site) -> list[Job]:
    return list((await here.services.manager.ask(JobManager.jobs)).jobs)


async def test_each_recording_becomes_texts_at_the_same_place_in_the_other_folder(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "first.mp3", says("hello", "there"))
    put(tmp_path, "talks/2024/second.wav", says("good", "day"))
    done = await watch(tmp_path, here, "txt", "vtt", "json", "verbose_json")
    assert done.well, done.told
    found = results(tmp_path)
    endings = ("json", "txt", "verbose_json", "vtt")
    stems = ("first", "talks/2024/second")
    assert sorted(found) == [f"{stem}.{ending}" for stem in stems for ending in endings]
    assert found["first.txt"] == "hello there\n"
    assert "good day" in found["talks/2024/second.vtt"]


async def test_what_is_done_is_not_done_again_and_what_has_changed_is(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "a.mp3", says("one"))
    put(tmp_path, "b.mp3", says("two"))
    assert len((await watch(tmp_path, here)).told) == 2
    assert (await watch(tmp_path, here)).told == []
    put(tmp_path, "b.mp3", says("three"), length=5000)
    assert (await watch(tmp_path, here)).told == ["✓ b.mp3 → b.txt"]
    assert results(tmp_path)["b.txt"] == "three\n"
    assert len(await jobs(here)) == 3


async def test_a_result_that_was_deleted_is_fetched_again_from_the_same_job(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "a.mp3", says("one"))
    await watch(tmp_path, here)
    (tmp_path / "out" / "a.txt").unlink()
    await watch(tmp_path, here)
    assert "a.txt" in results(tmp_path)
    assert len(await jobs(here)) == 1


async def test_recordings_that_differ_in_their_ending_only_keep_both_results(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "a.mp3", says("one"))
    await watch(tmp_path, here)
    put(tmp_path, "a.wav", says("two"))
    await watch(tmp_path, here)
    assert results(tmp_path) == {"a.txt": "one\n", "a.wav.txt": "two\n"}


async def test_a_file_that_is_still_being_written_is_left_for_the_next_time(
    tmp_path: Path, here: Site
) -> None:
    place = put(tmp_path, "a.mp3", says("one"))
    os.utime(place)
    assert (await watch(tmp_path, here, settle=3600.0)).well
    assert await jobs(here) == []
    os.utime(place, (LONG_AGO, LONG_AGO))
    await watch(tmp_path, here, settle=3600.0)
    assert results(tmp_path)["a.txt"] == "one\n"


async def test_a_recording_that_fails_is_kept_with_the_reason_and_tried_again_on_request(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "bad.mp3", FAILS)
    put(tmp_path, "good.mp3", says("fine"))
    done = await watch(tmp_path, here)
    assert not done.well
    found = results(tmp_path)
    assert sorted(found) == ["bad.error.txt", "good.txt"]
    assert f"✗ bad.mp3: {found['bad.error.txt'].strip()}" in done.told
    assert (tmp_path / "in" / "bad.mp3").exists()

    again = await watch(tmp_path, here)
    assert again == (False, [])
    put(tmp_path, "bad.mp3", says("now", "good"), length=9000)
    assert (await watch(tmp_path, here)).well
    assert results(tmp_path) == {"bad.txt": "now good\n", "good.txt": "fine\n"}


async def test_a_failed_one_is_retried_as_the_same_job(tmp_path: Path, here: Site) -> None:
    put(tmp_path, "bad.mp3", FAILS)
    await watch(tmp_path, here)
    done = await watch(tmp_path, here, retry=True)
    assert not done.well
    assert len(done.told) == 1
    assert len(await jobs(here)) == 1


async def test_killed_at_any_moment_it_goes_on_without_a_second_job_or_a_lost_result(
    tmp_path: Path, here: Site
) -> None:
    """Killed as soon as each thing has happened that can be seen from outside."""
    names = [f"talk {number}.mp3" for number in range(3)]
    for number, name in enumerate(names):
        put(tmp_path, name, says("talk", str(number), takes=0.2))
    arguments = ("watch-folder", "in", "out", "--once", "--server", here.url, "--formats", "txt")

    async def seen(count: int) -> bool:
        return len(records(tmp_path)) + len(await jobs(here)) + len(results(tmp_path)) >= count

    for count in range(1, 9, 2):
        async with running(tmp_path, *arguments) as process:
            ended = asyncio.create_task(process.wait())

            async def so(count: int = count, ended: asyncio.Task[int] = ended) -> bool:
                return ended.done() or await seen(count)

            await until(so)
            if not ended.done():
                process.send_signal(signal.SIGKILL)
            await ended
    assert (await watch(tmp_path, here)).well
    assert results(tmp_path) == {f"talk {n}.txt": f"talk {n}\n" for n in range(3)}
    assert len(await jobs(here)) == 3


async def test_an_upload_goes_on_after_a_kill_and_sends_no_part_twice(
    tmp_path: Path, here: Site
) -> None:
    put(tmp_path, "long.wav", says("long", "indeed"), length=2 * UPLOAD_PART_BYTES + 1000)
    arguments = ("watch-folder", "in", "out", "--once", "--server", here.url, "--formats", "txt")

    async def part_is_there() -> bool:
        found = [await here.services.partials.look(job.id) for job in await jobs(here)]
        return any(upload is not None and upload.offset > 0 for upload in found)

    async with running(tmp_path, *arguments) as process:
        await until(part_is_there)
        process.kill()
        await process.wait()
    assert (await watch(tmp_path, here)).well
    assert results(tmp_path)["long.txt"] == "long indeed\n"
    assert len(await jobs(here)) == 1


async def test_it_watches_until_told_to_stop(tmp_path: Path, here: Site) -> None:
    given = ("--every", "0.1", "--settle", "0.1", "--server", here.url, "--formats", "txt")
    async with running(tmp_path, "watch-folder", "in", "out", *given) as process:
        put(tmp_path, "early.mp3", says("early"))

        async def done(count: int) -> bool:
            return len(results(tmp_path)) == count

        await until(lambda: done(1))
        put(tmp_path, "later/late.mp3", says("late"))
        await until(lambda: done(2))
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert results(tmp_path) == {"early.txt": "early\n", "later/late.txt": "late\n"}


async def test_two_do_not_work_for_the_same_folder(tmp_path: Path, here: Site) -> None:
    given = ("--every", "0.1", "--server", here.url)
    async with running(tmp_path, "watch-folder", "in", "out", *given) as process:

        async def begun() -> bool:
            return (tmp_path / "out" / ".retender" / "lock").exists()

        await until(begun)
        second = await retender(
            tmp_path, "watch-folder", "in", "out", "--once", "--server", here.url
        )
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert second.code == 1
    assert "another retender watch-folder" in second.err


async def test_a_record_that_is_damaged_costs_nothing(tmp_path: Path, here: Site) -> None:
    put(tmp_path, "a.mp3", says("one"))
    await watch(tmp_path, here)
    for record in records(tmp_path):
        record.write_bytes(record.read_bytes()[:7])
    assert (await watch(tmp_path, here)).well
    assert len(await jobs(here)) == 1
