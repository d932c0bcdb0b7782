"""Recordings in an object store: what goes wrong there, and the copies that machines keep."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retender.errors import (
    RetenderError,
    StorageDamaged,
    StorageDenied,
    StorageFull,
    StorageTrouble,
    StorageUnreachable,
)
from retender.storage.audio import Audio
from retender.storage.blobs.object_store import ObjectStore, missing_driver
from tests.support.storage.blob_kinds import (
    NOTHING_IN_USE,
    Cluster,
    content,
    in_use,
    made,
    received,
    work,
)

HALF = 500
KEEPS_TWO = 2 * HALF


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster("file", tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def objects(store: Path) -> list[str]:
    return sorted(path.parent.name for path in store.rglob("*") if path.is_file())


def copied(root: Path) -> set[str]:
    return {path.name for path in root.glob("blobs/*/*")}


def spoil(store: Path) -> None:
    (kept,) = store.glob("blobs/*/*")
    kept.write_bytes(b"something else")


def cut_short(store: Path, folder: str) -> None:
    (kept,) = store.glob(f"{folder}/*/*")
    kept.write_bytes(kept.read_bytes()[:3])


async def uploads(cluster: Cluster, count: int) -> list[Audio]:
    one = cluster.machine("one")
    return [await received(one, bytes([n]) * HALF) for n in range(count)]


class Slow(ObjectStore):
    """Reads when it is told to, and counts how often."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.reads = 0

    def read(self, key: str) -> Iterator[bytearray]:
        self.reads += 1
        self.begun.set()
        self.go_on.wait()
        yield from super().read(key)


# Copies


async def test_a_file_is_fetched_once_however_many_ask_and_whoever_leaves(cluster: Cluster) -> None:
    (audio,) = await uploads(cluster, 1)
    slow = Slow(cluster.url, lambda: "name")
    two, also_two = cluster.stored("two", objects=slow), cluster.stored("two", objects=slow)
    asking = [asyncio.create_task(content(each, audio)) for each in (two, two, two, also_two)]
    await asyncio.to_thread(slow.begun.wait)

    asking[0].cancel()
    await asyncio.wait(asking[:1])
    slow.go_on.set()

    assert await asyncio.gather(*asking[1:]) == [b"\0" * HALF] * 3
    assert slow.reads == 1


@pytest.mark.parametrize("again", [0, 1])
async def test_what_was_unused_for_longest_goes_first(cluster: Cluster, again: int) -> None:
    *both, third = await uploads(cluster, 3)
    two = cluster.machine("two", most_bytes=KEEPS_TWO)
    for audio in (*both, both[again], third):
        cluster.time += 1
        await content(two, audio)

    assert copied(two.root) == {both[again].sha256, third.sha256}
    for n, audio in enumerate(both):
        assert await content(two, audio) == bytes([n]) * HALF


async def test_what_is_in_use_is_never_let_go_of(cluster: Cluster) -> None:
    first, second, third = await uploads(cluster, 3)
    two = cluster.machine("two", most_bytes=HALF)
    async with two.lend(first) as path:
        for audio in (second, third):
            cluster.time += 1
            async with cluster.machine("two", most_bytes=HALF).lend(audio):
                assert path.read_bytes() == b"\0" * HALF
                await two.clean_cache()
    await content(two, second)

    assert copied(two.root) == {second.sha256}


async def test_work_that_is_let_go_of_comes_back(cluster: Cluster) -> None:
    two = cluster.machine("two", most_bytes=HALF)
    for job_id in ("one", "other"):
        cluster.time += 1
        await made(two, job_id, "audio.pcm", job_id.encode() * 200)

    assert {path.name for path in two.root.glob("jobs/*")} == {"other"}
    assert await work(two, "one", "audio.pcm") == b"one" * 200


async def test_a_copy_needs_no_store(cluster: Cluster, store: Path) -> None:
    (audio,) = await uploads(cluster, 1)
    await content(cluster.machine("two"), audio)
    await asyncio.to_thread(store.rename, store.with_name("elsewhere"))

    assert await content(cluster.machine("two"), audio) == b"\0" * HALF


async def test_a_cancelled_lending_holds_nothing(cluster: Cluster) -> None:
    first, second = await uploads(cluster, 2)
    two = cluster.machine("two", most_bytes=HALF)
    lending = asyncio.create_task(content(two, first))
    await asyncio.sleep(0)
    lending.cancel()
    await asyncio.wait({lending})
    await content(two, first)
    cluster.time += 1

    await content(two, second)

    assert copied(two.root) == {second.sha256}


async def test_a_part_is_read_without_the_rest_and_leaves_nothing(cluster: Cluster) -> None:
    one, two = cluster.machine("one"), cluster.machine("two", most_bytes=HALF)
    await made(one, "job", "audio.pcm", b"a part of the whole")

    async with two.lend_range("job", "audio.pcm", 2, 6) as file:
        assert file.read_bytes() == b"\0\0part"
        await two.collect(in_use("none"), older_than=4e9)
        assert file.exists()

    assert not list(two.root.glob("jobs/*/*"))
    assert not list(two.root.glob("incoming/*"))


async def test_a_part_that_the_store_has_lost_the_end_of_is_not_taken_for_it(
    cluster: Cluster, store: Path
) -> None:
    await made(cluster.machine("one"), "job", "audio.pcm", b"whole")
    cut_short(store, "jobs")

    with pytest.raises(StorageDamaged):
        async with cluster.machine("two").lend_range("job", "audio.pcm", 0, 5):
            pass


# Whole and right


async def test_what_the_store_has_changed_is_not_taken_for_the_recording(
    cluster: Cluster, store: Path
) -> None:
    (audio,) = await uploads(cluster, 1)
    spoil(store)
    two = cluster.machine("two")

    with pytest.raises(StorageDamaged):
        await content(two, audio)

    assert copied(two.root) == set()
    assert list(two.root.glob("incoming/*")) == []


async def test_an_object_that_could_not_be_written_whole_does_not_appear(
    cluster: Cluster, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    one = cluster.machine("one")
    with monkeypatch.context() as patch:
        patch.setattr("retender.storage.blobs.object_store.os.fsync", full)
        with pytest.raises(StorageFull) as refusal:
            await put(cluster, one.root)

    assert refusal.value.retry_after is not None
    assert objects(store) == []


async def put(cluster: Cluster, folder: Path) -> None:
    file = folder / "file"
    file.write_bytes(b"x" * HALF)
    await asyncio.to_thread(cluster.objects().put, file, "blobs/aa/name")


async def test_what_a_dead_writer_left_in_the_store_is_collected(
    cluster: Cluster, store: Path
) -> None:
    one = cluster.machine("one")
    (store / "incoming").mkdir(parents=True)
    (store / "incoming" / "1000000-0").write_bytes(b"half")

    assert await one.collect(NOTHING_IN_USE, older_than=999.0) == 0
    assert await one.collect(NOTHING_IN_USE, older_than=1001.0) == 1

    assert objects(store) == []


# Troubles


class Broken:
    """A store whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fails(*_: object, **__: object) -> None:
            raise self._error

        return fails


class NoCredentialsError(Exception):
    """As the client of S3 has it."""


SECRET = "https://store/?X-Amz-Signature=abc&key=AKIA"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(errno.EACCES, SECRET), StorageDenied),
        (NoCredentialsError(SECRET), StorageDenied),
        (OSError(errno.ENOSPC, SECRET), StorageFull),
        (ConnectionRefusedError(errno.ECONNREFUSED, SECRET), StorageUnreachable),
        (TimeoutError(SECRET), StorageUnreachable),
        (RuntimeError(SECRET), StorageUnreachable),
    ],
)
async def test_what_is_wrong_with_the_store_is_named_and_tells_no_secrets(
    cluster: Cluster, error: Exception, kind: type[StorageTrouble]
) -> None:
    broken = cluster.objects()
    broken.__dict__["_connected"] = (Broken(error), "")
    one = cluster.stored("one", objects=broken)
    audio = Audio("a" * 64, 1)
    told: list[RetenderError] = []
    for asked in (
        received(one, b"x"),
        content(one, audio),
        one.exists(audio.sha256),
        made(one, "job", "audio.pcm", b"x"),
        work(one, "job", "language.json"),
        one.collect(NOTHING_IN_USE, 0.0),
        one.collect_job_folders(NOTHING_IN_USE, 0.0),
    ):
        with pytest.raises(kind) as caught:
            await asked
        told.append(caught.value)

    assert all(cluster.url in each.message for each in told)
    assert not any("AKIA" in each.message for each in told)
    assert not any(each.__cause__ for each in told)
    assert all(each.failure().retryable for each in told if isinstance(each, StorageTrouble))
    assert copied(one.root) == set()
    assert list(one.root.glob("incoming/*")) == []


async def test_a_store_is_tried_out_and_left_as_it_was(cluster: Cluster, store: Path) -> None:
    cluster.objects().check_access(store.parent / "trial")
    assert objects(store) == []


def test_an_address_that_nothing_here_speaks_to_is_told() -> None:
    assert missing_driver("memory://x") is None
    assert missing_driver("nonsense://x") is not None
