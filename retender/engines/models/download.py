"""Downloads a model: resumed where it stopped, checked, and put in place by one rename.

A second process that wants the same model waits for the file lock of the first, and reports the
progress of its download. If the first process dies, its lock is released, and the next process
resumes the download. A file with another content than the hub says is deleted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec

from retender.engines.models.hub import Listing, ModelHub, RemoteFile, is_transient
from retender.storage import durable_files, file_lock

R = TypeVar("R")

TRIES: Final = 5
"""Failed connections in a row; one that brought any bytes resets the count."""

PAUSE: Final = 1.0
"""Seconds before the second try; doubled before each further one."""

CHECK_SECONDS: Final = 0.5
"""Seconds between two checks of another process's download."""

SPARE_BYTES: Final = 200_000_000
"""Bytes of disk space that stay free beside a model."""


class DownloadProgress(msgspec.Struct, frozen=True):
    """The progress of a download, in bytes."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


OnProgress = Callable[[DownloadProgress], None]


class Download:
    def __init__(
        self,
        hub: ModelHub,
        repository: str,
        incoming: Path,
        place: Path,
        whole: Callable[[Path], bool],
    ) -> None:
        self._hub = hub
        self._repository = repository
        self._incoming = incoming
        self._place = place
        self._whole = whole
        self._plan = incoming / "listing.json"

    async def run(self, progress: OnProgress) -> None:
        """Returns when the model is in its place, whichever process downloaded it."""
        await asyncio.to_thread(lambda: durable_files.make_folder(self._incoming))
        lock = self._incoming.parent / f".{self._incoming.name}.lock"
        async with _alone(lock, lambda: self._report(progress)):
            if self._whole(self._place):
                return
            listing = await self._begin()
            for file in listing.files:
                await self._fetch(listing, file, progress)
            await asyncio.to_thread(self._move)

    async def _begin(self) -> Listing:
        """Fetch the list of files. Parts of another revision are deleted."""
        listing = await self._hub.listing(self._repository)

        def begin() -> None:
            if self._known() != listing:
                shutil.rmtree(self._incoming, ignore_errors=True)
            durable_files.make_folder(self._incoming)
            self._plan.write_bytes(msgspec.json.encode(listing))
            missing = listing.size - self._size(listing)
            if shutil.disk_usage(self._incoming).free < missing + SPARE_BYTES:
                raise OSError(
                    f"{missing // 1_000_000} MB are still to come, and the disk has no such room"
                )

        await asyncio.to_thread(begin)
        return listing

    async def _fetch(self, listing: Listing, file: RemoteFile, progress: OnProgress) -> None:
        path = self._incoming / file.name
        if await asyncio.to_thread(lambda: file.is_at(path)):
            return
        part = path.with_name(f"{file.name}.part")
        failures = 0
        while True:
            before = _length(part)
            try:
                await self._append(listing, file, part, progress)
                break
            except httpx.HTTPError as error:
                if not is_transient(error):
                    raise
                failures = 0 if _length(part) > before else failures + 1
                if failures >= TRIES:
                    raise
            await asyncio.sleep(PAUSE * 2 ** max(0, failures - 1))
        if not await asyncio.to_thread(lambda: file.is_at(part)):
            part.unlink()
            raise ValueError(f"the content of {file.name} is not what the hub says")
        await asyncio.to_thread(lambda: part.replace(path))

    async def _append(
        self, listing: Listing, file: RemoteFile, part: Path, progress: OnProgress
    ) -> None:
        begin = _length(part)
        if begin >= file.size > 0:
            return
        remote = self._hub.opened(self._repository, listing.revision, file, begin)
        async with remote as (start, body):
            with await asyncio.to_thread(
                lambda: part.open("r+b" if start else "wb", buffering=0)
            ) as out:
                out.seek(start)
                left = file.size - start
                async for piece in body:
                    left -= len(piece)
                    if left < 0:
                        raise ValueError(f"{file.name} is longer than the hub says")
                    await asyncio.to_thread(partial(out.write, piece))
                    progress(DownloadProgress(self._size(listing), listing.size))
                await asyncio.to_thread(lambda: os.fsync(out.fileno()))
        if left > 0:
            raise httpx.RemoteProtocolError(f"{file.name} broke off")

    def _move(self) -> None:
        self._plan.unlink()
        durable_files.sync_folder(self._incoming)
        shutil.rmtree(self._place, ignore_errors=True)
        self._incoming.rename(self._place)
        durable_files.sync_folder(self._place.parent)

    def _report(self, progress: OnProgress) -> None:
        listing = self._known()
        if listing is not None:
            progress(DownloadProgress(self._size(listing), listing.size))

    def _known(self) -> Listing | None:
        try:
            return msgspec.json.decode(self._plan.read_bytes(), type=Listing)
        except (OSError, msgspec.MsgspecError):
            return None

    def _size(self, listing: Listing) -> int:
        """Bytes that have been downloaded."""
        paths = (self._incoming / file.name for file in listing.files)
        return sum(_length(path) + _length(path.with_name(f"{path.name}.part")) for path in paths)


@asynccontextmanager
async def _alone(lock: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    with file_lock.opened(lock) as descriptor:
        while not file_lock.try_lock(descriptor):
            waiting()
            await asyncio.sleep(CHECK_SECONDS)
        yield


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
