"""Uploads, wherever they go from this machine's disk: whole or not there at all."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from retender.errors import BadRequest, EmptyUpload, IncompleteUpload, StorageFull, TooLarge
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs, BlobStore
from retender.storage.spool import BATCH, Spool
from tests.support.actors.virtual_time import VirtualClock
from tests.support.storage.blob_kinds import NOTHING_IN_USE, in_use, received

LIMIT = 10 * BATCH
LONG_AFTER = 4e9

DYING_PROCESS = """
import asyncio, os, sys
from retender.storage.blobs import BlobStore
from retender.storage.spool import BATCH

async def die_amid_an_upload():
    async with BlobStore(sys.argv[1]).receive(limit=10 * BATCH) as upload:
        await upload.write(b"x" * BATCH)
        os.kill(os.getpid(), 9)

asyncio.run(die_amid_an_upload())
"""


def files(root: Path) -> list[str]:
    """All but the locks, which are never deleted."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] not in {"locks", "turns"})


def place(audio: Audio) -> str:
    return f"blobs/{audio.sha256[:2]}/{audio.sha256}"


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process can grow beyond that, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Receiving


@pytest.mark.parametrize("size", [1, BATCH - 1, BATCH, 3 * BATCH + 17])
async def test_an_upload_is_kept_as_it_came_under_its_contents_name(
    store: Blobs, root: Path, size: int
) -> None:
    content = os.urandom(size)
    chunks = [content[start : start + 65_536] for start in range(0, size, 65_536)]

    audio = await received(store, *chunks)

    assert audio == Audio(hashlib.sha256(content).hexdigest(), size)
    assert store.path(audio).read_bytes() == content
    assert await store.exists(audio.sha256)
    assert files(root) == [place(audio)]


async def test_the_same_content_twice_is_one_file(store: Blobs, root: Path) -> None:
    first = await received(store, b"the same", at=1.0)
    second = await received(store, b"the ", b"same", at=2.0)

    assert first == second
    assert files(root) == [place(first)]


async def test_the_same_content_at_the_same_time_is_one_file(store: Blobs, root: Path) -> None:
    uploads = [received(store, b"x" * BATCH, b"end") for _ in range(8)]

    kept = set(await asyncio.gather(*uploads))

    assert len(kept) == 1
    assert files(root) == [place(*kept)]


async def test_nothing_is_left_of_an_upload_that_was_not_finished(store: Blobs, root: Path) -> None:
    async with store.receive(limit=LIMIT) as upload:
        await upload.write(b"x" * BATCH)
        assert len(files(root)) == 1

    assert files(root) == []


async def test_nothing_is_left_of_an_upload_that_broke(store: Blobs, root: Path) -> None:
    async def break_off() -> None:
        async with store.receive(limit=LIMIT) as upload:
            await upload.write(b"x" * BATCH)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await break_off()

    assert files(root) == []


@pytest.mark.parametrize("step", [Spool.write, Spool.seal, Spool.move_to])
async def test_nothing_is_left_of_an_upload_cancelled_amid_a_step_on_the_disk(
    store: Blobs,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[..., object],
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow_step(*args: object) -> object:
        begun.set()
        go_on.wait()
        return step(*args)

    monkeypatch.setattr(Spool, step.__name__, slow_step)
    uploading = asyncio.create_task(received(store, b"x" * BATCH))
    await asyncio.to_thread(begun.wait)

    uploading.cancel()
    await asyncio.wait({uploading})
    go_on.set()
    await asyncio.get_running_loop().shutdown_default_executor()

    assert uploading.cancelled()
    assert files(root) == []


async def test_a_write_under_way_is_through_before_its_file_is_taken_away(
    store: Blobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, discarding, go_on = threading.Event(), threading.Event(), threading.Event()
    plain_write, plain_discard = os.write, Spool.discard
    links: list[int] = []

    def slow_write(descriptor: int, data: bytes) -> int:
        writing.set()
        go_on.wait()
        links.append(os.fstat(descriptor).st_nlink)
        return plain_write(descriptor, data)

    def discard(spool: Spool) -> None:
        discarding.set()
        plain_discard(spool)

    monkeypatch.setattr("retender.storage.spool.os.write", slow_write)
    monkeypatch.setattr(Spool, "discard", discard)
    uploading = asyncio.create_task(received(store, b"x" * BATCH))
    await asyncio.to_thread(writing.wait)
    uploading.cancel()
    await asyncio.to_thread(discarding.wait)
    go_on.set()
    await asyncio.wait({uploading})

    assert links == [1]
    assert files(root) == []


async def test_an_upload_may_have_as_many_bytes_as_the_limit_and_no_more(
    store: Blobs, root: Path
) -> None:
    async with store.receive(limit=10) as upload:
        await upload.write(b"x" * 10)
        await upload.finish(at=1.0)

    async with store.receive(limit=10) as upload:
        await upload.write(b"x" * 5)
        with pytest.raises(TooLarge) as refusal:
            await upload.write(b"x" * 6)
        # Nor can what came before be had by going on regardless.
        with pytest.raises(TooLarge):
            await upload.finish(at=1.0)

    assert refusal.value.details["limit"] == 10
    assert len(files(root)) == 1


async def test_an_upload_of_nothing_is_refused(store: Blobs, root: Path) -> None:
    with pytest.raises(EmptyUpload):
        await received(store, b"")

    assert files(root) == []


async def test_a_full_disk_refuses_the_upload_and_keeps_nothing_of_it(
    store: Blobs, root: Path
) -> None:
    with disk_full_at(BATCH + 5), pytest.raises(StorageFull) as refusal:
        await received(store, b"x" * BATCH, b"y" * BATCH)

    assert refusal.value.retry_after is not None
    assert files(root) == []


async def test_an_upload_that_lost_a_part_cannot_be_finished(store: Blobs) -> None:
    async with store.receive(limit=LIMIT) as upload:
        with disk_full_at(5), pytest.raises(StorageFull):
            await upload.write(b"x" * BATCH)
        await upload.write(b"the rest")

        with pytest.raises(IncompleteUpload):
            await upload.finish(at=1.0)


async def test_an_upload_is_dated_by_the_time_that_is_passed_in(
    store: Blobs, virtual_clock: VirtualClock
) -> None:
    audio = await received(store, b"x", at=virtual_clock.now())

    assert store.path(audio).stat().st_mtime == virtual_clock.now()


# Letting go


async def test_a_deleted_upload_is_gone_and_can_be_deleted_again(store: Blobs) -> None:
    audio = await received(store, b"x")

    await store.delete(audio.sha256)
    await store.delete(audio.sha256)

    assert not await store.exists(audio.sha256)


async def test_what_no_job_needs_is_collected_once_its_grace_is_over(
    store: Blobs, root: Path
) -> None:
    old = await received(store, b"old", at=100.0)
    needed = await received(store, b"needed", at=100.0)
    fresh = await received(store, b"fresh", at=200.0)

    gone = await store.collect(in_use(needed.sha256), older_than=150.0)

    assert gone == 1
    assert not await store.exists(old.sha256)
    assert files(root) == sorted([place(needed), place(fresh)])


async def test_finishing_known_content_renews_its_grace(store: Blobs) -> None:
    await received(store, b"again", at=100.0)
    audio = await received(store, b"again", at=200.0)

    assert await store.collect(NOTHING_IN_USE, older_than=150.0) == 0
    assert await store.exists(audio.sha256)


async def test_content_that_is_finished_again_while_it_is_asked_about_stays(store: Blobs) -> None:
    audio = await received(store, b"again", at=100.0)

    async def not_in_use(asked: tuple[str, ...]) -> frozenset[str]:
        assert asked == (audio.sha256,)
        await received(store, b"again", at=200.0)
        return frozenset()

    assert await store.collect(not_in_use, older_than=150.0) == 0
    assert await store.exists(audio.sha256)


async def test_a_collection_asks_about_so_many_files_at_a_time(
    store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retender.storage.blobs.store.NAMES_PER_QUESTION", 2)
    for number in range(5):
        await received(store, b"old%d" % number, at=100.0)
        store.job_folder(f"old{number}")
    sizes: list[int] = []

    async def not_in_use(asked: tuple[str, ...]) -> frozenset[str]:
        sizes.append(len(asked))
        return frozenset()

    assert await store.collect(not_in_use, older_than=150.0) == 5
    assert await store.collect_job_folders(not_in_use, older_than=LONG_AFTER) == 5
    assert (sum(sizes), max(sizes)) == (10, 2)


async def test_a_files_age_is_judged_and_a_new_one_put_in_its_place_under_the_same_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlobStore(tmp_path)
    audio = await received(store, b"contested", at=100.0)
    watched = store.path(audio)
    seen: list[tuple[str, bool]] = []

    def watch(name: str) -> None:
        plain = getattr(Path, name)

        def watching(path: Path, *args: Any, **kwargs: Any) -> Any:
            if watched in {path, *args}:
                seen.append((name, locked(store.root / "locks" / watched.parent.name)))
            return plain(path, *args, **kwargs)

        monkeypatch.setattr(Path, name, watching)

    for name in ("stat", "unlink", "rename"):
        watch(name)
    await received(store, b"contested", at=120.0)
    await store.collect(NOTHING_IN_USE, older_than=150.0)

    assert seen == [("rename", True), ("stat", True), ("unlink", True)]


def locked(file: Path) -> bool:
    descriptor = os.open(file, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


async def test_leftovers_of_a_dead_process_are_collected(store: Blobs, root: Path) -> None:
    command = [sys.executable, "-c", DYING_PROCESS, str(root)]
    assert (await asyncio.to_thread(subprocess.run, command, check=False)).returncode == -9
    assert len(files(root)) == 1

    assert await store.collect(NOTHING_IN_USE, older_than=0.0) == 0, (
        "it may still be alive elsewhere"
    )
    assert await store.collect(NOTHING_IN_USE, older_than=LONG_AFTER) == 1

    assert files(root) == []


async def test_an_upload_under_way_is_not_collected_however_slow_it_is(
    store: Blobs, root: Path
) -> None:
    async with store.receive(limit=LIMIT) as upload:
        await upload.write(b"x" * BATCH)
        assert await store.collect(NOTHING_IN_USE, older_than=LONG_AFTER) == 0
        audio = await upload.finish(at=1.0)

    assert await store.exists(audio.sha256)


# The jobs' own folders


async def test_a_job_has_a_folder_of_its_own_until_it_is_dropped(store: Blobs) -> None:
    folder = store.job_folder("job-1_a")
    (folder / "audio.pcm").write_bytes(b"\0\0")

    assert store.job_folder("job-1_a") == folder
    assert (folder / "audio.pcm").exists()

    await store.drop_job_folder("job-1_a")
    await store.drop_job_folder("job-1_a")
    assert not folder.exists()


async def test_folders_of_jobs_that_are_over_are_collected(store: Blobs) -> None:
    for job_id, at in (("over", 100.0), ("running", 100.0), ("beginning", 200.0)):
        (store.job_folder(job_id) / "audio.pcm").write_bytes(b"\0\0")
        os.utime(store.job_folder(job_id), (at, at))

    assert await store.collect_job_folders(in_use("running"), older_than=150.0) == 1

    assert sorted(path.name for path in store.job_folder("running").parent.iterdir()) == [
        "beginning",
        "running",
    ]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "/etc", "a/b", "a\0b", "a\n", ".hidden", "-", "ü", "a" * 200]
)
async def test_a_name_that_leads_elsewhere_is_refused(store: Blobs, name: str) -> None:
    with pytest.raises(BadRequest):
        store.job_folder(name)
    with pytest.raises(BadRequest):
        await store.drop_job_folder(name)
    with pytest.raises(BadRequest):
        await store.exists(name)
    with pytest.raises(BadRequest):
        await store.delete(name)
    with pytest.raises(BadRequest):
        store.path(Audio(name, 1))
