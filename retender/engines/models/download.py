"""One model on its way here: resumed where it stopped, checked, and placed by one rename.

Whoever comes second finds the first one's lock, waits for it and tells its own caller how far the
other is. The lock is the kernel's: it ends with the process that holds it, and the next one
resumes what is there. A file whose content is not what the hub says is thrown away.
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
"""Broken connections in a row; each one that brought something begins the count anew."""

PAUSE: Final = 1.0
"""Seconds before the second try; each further one waits twice as long."""

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at a download of somebody else's."""

SPARE_BYTES: Final = 200_000_000
"""A disk is not filled to the brim with models."""


class DownloadProgress(msgspec.Struct, frozen=True):
    """How far a download is, in bytes."""

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
        """Returns once the model is in its place, whoever brought it there."""
        await asyncio.to_thread(lambda: durable_files.make_folder(self._incoming))
        lock = self._incoming.parent / f".{self._incoming.name}.lock"
        async with _alone(lock, lambda: self._tell(progress)):
            if self._whole(self._place):
                return
            listing = await self._begin()
            for file in listing.files:
                await self._fetch(listing, file, progress)
            await asyncio.to_thread(self._move)

    async def _begin(self) -> Listing:
        """What is there of another revision is of no use."""
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
            raise ValueError(f"what came as {file.name} is not what the hub says it is")
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

    def _tell(self, progress: OnProgress) -> None:
        listing = self._known()
        if listing is not None:
            progress(DownloadProgress(self._size(listing), listing.size))

    def _known(self) -> Listing | None:
        try:
            return msgspec.json.decode(self._plan.read_bytes(), type=Listing)
        except (OSError, msgspec.MsgspecError):
            return None

    def _size(self, listing: Listing) -> int:
        """Bytes that are here already."""
        paths = (self._incoming / file.name for file in listing.files)
        return sum(_length(path) + _length(path.with_name(f"{path.name}.part")) for path in paths)


@asynccontextmanager
async def _alone(lock: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    with file_lock.opened(lock) as descriptor:
        while not file_lock.try_lock(descriptor):
            waiting()
            await asyncio.sleep(LOOK_EVERY)
        yield


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
