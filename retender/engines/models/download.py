"""Downloads a model: resumed where it stopped, checked, and put in place by one rename.

A second process that wants the same model waits for the file lock of the first, and reports the
progress of its download. If the first process dies, its lock is released, and the next process
resumes the download. A file with another content than its source says is deleted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

import httpx
import msgspec

from retender.cancellation import finish
from retender.engines.models.sources import http
from retender.engines.models.sources.api import ModelFiles, OpenModel, RemoteFile
from retender.storage import durable_files, file_lock
from retender.storage.disk_space import raising_storage_full, storage_full

TRIES: Final = 5
"""Failed connections in a row; one that brought any bytes resets the count."""

PAUSE: Final = 1.0
"""Seconds before the second try; doubled before each further one."""

CHECK_SECONDS: Final = 0.5
"""Seconds between two checks of another process's download."""

SPARE_BYTES: Final = 200_000_000
"""Bytes of disk space that stay free beside a model."""

BLOCK_BYTES: Final = 1 << 20
"""Bytes that are written at a time: pieces from the network are much smaller. A block goes to the
system's memory in less than a millisecond, so it is not written in a thread."""

_PLAN: Final = "listing.json"


class DownloadProgress(msgspec.Struct, frozen=True):
    """The progress of a download, in bytes."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


OnProgress = Callable[[DownloadProgress], None]


class Download:
    """`incoming` is the folder of unfinished files: the next try continues with them."""

    def __init__(self, delivery: OpenModel, incoming: Path, progress: OnProgress) -> None:
        self._delivery = delivery
        self._incoming = incoming
        self._progress = progress

    async def run(self) -> None:
        """Returns when all files of the model are in `incoming`. Raises `StorageFull` if the disk
        has no room for them."""
        listing = await self._delivery.listing()
        with raising_storage_full("the model"):
            await asyncio.to_thread(self._begin, listing)
            for file in listing.files:
                await self._fetch(listing, file)
            # Nobody else may have the lock while files are being written.
            await finish(asyncio.to_thread(self._delivery.unpack, self._incoming))

    def _begin(self, listing: ModelFiles) -> None:
        """Parts of another revision are deleted."""
        if plan_of(self._incoming) != listing:
            shutil.rmtree(self._incoming, ignore_errors=True)
        durable_files.make_folder(self._incoming)
        (self._incoming / _PLAN).write_bytes(msgspec.json.encode(listing))
        missing = listing.size - arrived(self._incoming, listing) + listing.unpacked
        if shutil.disk_usage(self._incoming).free < missing + SPARE_BYTES:
            raise storage_full(
                "the model",
                f"{missing // 1_000_000} MB are still to come, and the disk has no such room",
            )

    async def _fetch(self, listing: ModelFiles, file: RemoteFile) -> None:
        path = self._incoming / file.name
        if await asyncio.to_thread(file.is_at, path):
            return
        part = path.with_name(f"{file.name}.part")
        failures = 0
        while True:
            before = _length(part)
            try:
                await self._append(listing, file, part)
                break
            except httpx.HTTPError as error:
                if not http.is_transient(error):
                    raise
                failures = 0 if _length(part) > before else failures + 1
                if failures >= TRIES:
                    raise
            await asyncio.sleep(PAUSE * 2 ** max(0, failures - 1))
        if not await asyncio.to_thread(file.is_at, part):
            part.unlink()
            raise ValueError(f"the content of {file.name} is not what its source says")
        await asyncio.to_thread(part.replace, path)

    async def _append(self, listing: ModelFiles, file: RemoteFile, part: Path) -> None:
        begin = _length(part)
        if begin >= file.size > 0:
            return
        async with self._delivery.opened(file, begin) as (start, body):
            done = arrived(self._incoming, listing) - begin + start
            left = file.size - start
            with await asyncio.to_thread(
                lambda: part.open("r+b" if start else "wb", buffering=BLOCK_BYTES)
            ) as out:
                out.seek(start)
                async for piece in body:
                    left -= len(piece)
                    if left < 0:
                        raise ValueError(f"{file.name} is longer than its source says")
                    out.write(piece)
                    done += len(piece)
                    self._progress(DownloadProgress(done, listing.size))
                await asyncio.to_thread(_sync, out)
        if left > 0:
            raise httpx.RemoteProtocolError(f"{file.name} broke off")


def put_in_place(incoming: Path, place: Path, refused: Path) -> None:
    """Move a complete model to its place. What was there is kept in `refused`: its owner may have
    put it there."""
    (incoming / _PLAN).unlink()
    durable_files.sync_folder(incoming)
    if place.exists():
        shutil.rmtree(refused, ignore_errors=True)
        durable_files.make_folder(refused.parent)
        place.rename(refused)
    incoming.rename(place)
    durable_files.sync_folder(place.parent)


def plan_of(incoming: Path) -> ModelFiles | None:
    """What is being downloaded into this folder; None if nothing is."""
    try:
        return msgspec.json.decode((incoming / _PLAN).read_bytes(), type=ModelFiles)
    except (OSError, msgspec.MsgspecError):
        return None


def arrived(incoming: Path, listing: ModelFiles) -> int:
    """Bytes that have been downloaded."""
    paths = (incoming / file.name for file in listing.files)
    return sum(_length(path) + _length(path.with_name(f"{path.name}.part")) for path in paths)


@asynccontextmanager
async def alone(lock: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """One block at a time holds this lock file, in any process. `waiting` is called meanwhile."""
    with file_lock.opened(lock) as descriptor:
        while not file_lock.try_lock(descriptor):
            waiting()
            await asyncio.sleep(CHECK_SECONDS)
        yield


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
