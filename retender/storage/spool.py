"""Writes an upload to disk while it arrives: counted, hashed, and deleted unless it is finished."""

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
"""Bytes collected in memory before a thread writes them to disk."""


class Spool:
    """The file being written. Its methods run in threads. A caller may be cancelled while its
    thread goes on writing, so `discard` waits for that thread, and later calls are refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._hash = hashlib.sha256()
        self._size = 0
        self._path: Path | None = None
        self._descriptor: int | None = None
        self._broken = False

    def write(self, data: bytearray) -> None:
        with self._lock, raising_storage_full("the upload"):
            descriptor = self._open()
            # Until all of it is written, the file is not what the client sent.
            self._broken = True
            self._hash.update(data)
            self._size += len(data)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            self._broken = False

    def seal(self, at: float) -> Audio:
        """Sync the file to disk and date it `at`."""
        with self._lock, raising_storage_full("the upload"):
            descriptor = self._open()
            os.utime(descriptor, (at, at))
            os.fsync(descriptor)
        return Audio(self._hash.hexdigest(), self._size)

    def show(self, read: Callable[[Path], object]) -> None:
        """Call `read` with the file, which is not moved meanwhile."""
        with self._lock:
            self._open()
            assert self._path is not None
            read(self._path)

    def move_to(self, place: Path) -> None:
        with self._lock:
            descriptor = self._open()
            assert self._path is not None
            self._path.rename(place)
            self._path = None
            # In its final place it cannot be mistaken for a leftover.
            file_lock.unlock(descriptor)

    def discard(self) -> None:
        """Delete the file, unless it was moved to its place. Idempotent."""
        with self._lock:
            self._broken = True
            if self._path is not None:
                self._path.unlink(missing_ok=True)
                self._path = None
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _open(self) -> int:
        if self._broken:
            raise IncompleteUpload("the upload was given up before it was whole")
        if self._descriptor is None:
            self._descriptor, path = tempfile.mkstemp(dir=self._folder)
            self._path = Path(path)
            # While this lock is held, the file is not collected as a leftover of a dead process.
            file_lock.lock(self._descriptor)
        return self._descriptor


class Upload:
    """An upload that is being received: `write` all of it, then `finish`."""

    def __init__(self, spool: Spool, limit: int, store: Callable[[Spool, float], Audio]) -> None:
        self._spool = spool
        self._limit = limit
        self._store = store
        self._batch = bytearray()
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        """Raises `TooLarge` as soon as the limit is exceeded, `StorageFull` if the disk is full."""
        self.size += len(chunk)
        self._check_limit()
        self._batch += chunk
        if len(self._batch) >= BATCH:
            await self._flush()

    async def finish(self, *, at: float) -> Audio:
        """The upload is complete. On return it is stored under its hash, synced to disk."""
        if self.size == 0:
            raise EmptyUpload("the upload is empty")
        self._check_limit()
        await self._flush()
        return await asyncio.to_thread(self._store, self._spool, at)

    def _check_limit(self) -> None:
        if self.size > self._limit:
            raise TooLarge(f"the upload exceeds {self._limit} bytes", limit=self._limit)

    async def _flush(self) -> None:
        batch, self._batch = self._batch, bytearray()
        if batch:
            await asyncio.to_thread(self._spool.write, batch)
