"""An upload on its way to disk: counted, hashed, and gone again unless it is finished."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

from retender.errors import EmptyUpload, IncompleteUpload, TooLarge
from retender.storage import file_lock
from retender.storage.audio import Audio
from retender.storage.disk_space import raising_storage_full

BATCH: Final = 1 << 20
"""Bytes held in memory before they go to disk in one hop off the event loop."""


class Spool:
    """The file being written. Its methods are for threads: whoever writes may have been cancelled
    while a write goes on, so `discard` waits for it, and what comes after is refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._hash = hashlib.sha256()
        self._size = 0
        self._path: Path | None = None
        self._descriptor: int | None = None
        self._given_up = False

    def write(self, data: bytearray) -> None:
        with self._lock, raising_storage_full("the upload"):
            descriptor = self._open()
            # Until all of this is written, the file is not what was sent.
            self._given_up = True
            self._hash.update(data)
            self._size += len(data)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            self._given_up = False

    def seal(self, at: float) -> Audio:
        """All of it is on the disk, dated `at`."""
        with self._lock, raising_storage_full("the upload"):
            descriptor = self._open()
            os.utime(descriptor, (at, at))
            os.fsync(descriptor)
        return Audio(self._hash.hexdigest(), self._size)

    def show(self, look: Callable[[Path], object]) -> None:
        """For as long as it takes, the file stays where it is."""
        with self._lock:
            self._open()
            assert self._path is not None
            look(self._path)

    def move_to(self, place: Path) -> None:
        with self._lock:
            descriptor = self._open()
            assert self._path is not None
            self._path.rename(place)
            self._path = None
            # In its place nobody takes it for a leftover.
            file_lock.unlock(descriptor)

    def discard(self) -> None:
        """Idempotent. What was moved to its place stays there."""
        with self._lock:
            self._given_up = True
            if self._path is not None:
                self._path.unlink(missing_ok=True)
                self._path = None
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _open(self) -> int:
        if self._given_up:
            raise IncompleteUpload("the upload was given up before it was whole")
        if self._descriptor is None:
            self._descriptor, path = tempfile.mkstemp(dir=self._folder)
            self._path = Path(path)
            # While this is held, nobody takes the file for a dead process's leftover.
            file_lock.lock(self._descriptor)
        return self._descriptor


class Upload:
    """What the receiver of an upload is given: `write` all of it, then `finish`."""

    def __init__(self, spool: Spool, limit: int, keep: Callable[[Spool, float], Audio]) -> None:
        self._spool = spool
        self._limit = limit
        self._keep = keep
        self._batch = bytearray()
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        """Raises `TooLarge` as soon as the limit is passed, `StorageFull` when the disk is full."""
        self.size += len(chunk)
        self._check_limit()
        self._batch += chunk
        if len(self._batch) >= BATCH:
            await self._flush()

    async def finish(self, *, at: float) -> Audio:
        """The upload is whole, and on return safe on the disk under its content's name."""
        if self.size == 0:
            raise EmptyUpload("the upload is empty")
        self._check_limit()
        await self._flush()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self._keep, self._spool, at)

    def _check_limit(self) -> None:
        if self.size > self._limit:
            raise TooLarge(f"the upload exceeds {self._limit} bytes", limit=self._limit)

    async def _flush(self) -> None:
        batch, self._batch = self._batch, bytearray()
        if batch:
            await asyncio.get_running_loop().run_in_executor(None, self._spool.write, batch)
