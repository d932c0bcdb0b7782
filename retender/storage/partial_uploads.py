"""Recordings that arrive in several requests, or are fetched: kept between them and over restarts.

    root/partial/<job id>/data     the bytes that have arrived
    root/partial/<job id>/state    what they belong to, and how many of them are synced
    root/partial/<job id>/lock     locked by the process that writes

`state` is replaced atomically, and only after the bytes it counts are synced. So after a crash it
never counts bytes that are not there; bytes of `data` beyond its count are cut off when the upload
is opened again. An upload whose state cannot be read is deleted.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from retender.cancellation import finish
from retender.errors import JobNotFound, UploadLocked
from retender.storage import durable_files, file_lock
from retender.storage.audio import Audio
from retender.storage.disk_space import raising_storage_full, storage_full
from retender.storage.spool import BATCH

_JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DATA: Final = "data"
_STATE: Final = "state"
_LOCK: Final = "lock"


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an upload is for. `job_id` names its folder."""

    job_id: str
    owner: str | None = None
    """Who may continue it; None: anyone."""
    size: int | None = None
    """Its length; None if it is known only at the end."""
    url: str = ""
    """Where it is fetched from; empty if its owner sends it."""
    created_at: float = 0.0


class PartialUpload(msgspec.Struct, frozen=True):
    """The stored state of an upload."""

    origin: Origin
    offset: int = 0
    audio: Audio | None = None
    """Set once the upload is complete."""

    @property
    def whole(self) -> bool:
        """True if no more bytes will come."""
        return self.audio is not None or self.offset == self.origin.size


class PartialUploadStore:
    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root) / "partial"
        durable_files.make_folder(self._root)

    async def create(self, origin: Origin) -> None:
        """It is on the disk on return. Raises `StorageFull` if the whole upload would not fit."""
        await asyncio.to_thread(self._create, origin)

    async def look(self, job_id: str) -> PartialUpload | None:
        return await asyncio.to_thread(_read, self._folder(job_id))

    async def all(self) -> list[PartialUpload]:
        """All uploads. Leftovers without a readable state are deleted."""
        return await asyncio.to_thread(self._all)

    @asynccontextmanager
    async def open(self, job_id: str) -> AsyncIterator[PartialUploadWriter]:
        """Open an upload to continue it. Raises `JobNotFound`, or `UploadLocked` while another
        request writes to it."""
        file = _File(self._folder(job_id))
        try:
            await asyncio.to_thread(file.open)
            yield PartialUploadWriter(file)
        finally:
            # Closed on return, even if this is cancelled again: then the lock is free for the next
            # request.
            await finish(asyncio.to_thread(file.close))

    async def drop(self, job_id: str) -> None:
        """Idempotent."""
        await asyncio.to_thread(shutil.rmtree, self._folder(job_id), ignore_errors=True)

    def _folder(self, job_id: str) -> Path:
        if not _JOB_ID.fullmatch(job_id):
            raise JobNotFound("there is no such upload")
        return self._root / job_id

    def _create(self, origin: Origin) -> None:
        free = shutil.disk_usage(self._root).free
        if origin.size is not None and origin.size > free:
            raise storage_full("the upload", f"it needs {origin.size} bytes, and {free} are free")
        folder = self._folder(origin.job_id)
        try:
            with raising_storage_full("the upload"):
                folder.mkdir()
                # While this is held, nobody takes the folder for a leftover.
                with file_lock.locked(folder / _LOCK):
                    (folder / _DATA).touch(mode=0o600)
                    _write(folder, PartialUpload(origin))
                durable_files.sync_folder(self._root)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _all(self) -> list[PartialUpload]:
        found = []
        for folder in self._root.iterdir():
            partial = _read(folder)
            if partial is not None:
                found.append(partial)
            elif _is_leftover(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return found


class _File:
    """An upload that is written to. Its methods run in threads. A caller may be cancelled while its
    thread goes on, so `close` waits for that thread, and nothing is opened or written after it."""

    origin: Origin
    audio: Audio | None
    size: int
    kept: int

    def __init__(self, folder: Path) -> None:
        self.path = folder / _DATA
        self._folder = folder
        self._lock = Lock()
        self._closed = False
        self._held: int | None = None
        self._data: int | None = None

    def open(self) -> None:
        """Raises `JobNotFound`, or `UploadLocked`."""
        with self._lock:
            if self._closed:
                return
            self._held = _lock(self._folder)
            partial = _known(self._folder)
            self.origin, self.audio = partial.origin, partial.audio
            self.size = self.kept = partial.offset
            # A complete recording may have been moved to the blobs already.
            if self.audio is None:
                self._data = _cut_to(self.path, self.kept)

    def write(self, data: bytearray) -> None:
        with self._lock, raising_storage_full("the upload"):
            rest = memoryview(data)
            while rest and self._data is not None:
                written = os.pwrite(self._data, rest, self.size)
                self.size += written
                rest = rest[written:]

    def keep(self) -> None:
        with self._lock, raising_storage_full("the upload"):
            self._sync()

    def restart(self) -> None:
        with self._lock, raising_storage_full("the upload"):
            if self._data is not None and self.size:
                # The state first: after a crash it must not count bytes of the new attempt.
                self._save(0)
                os.ftruncate(self._data, 0)
                self.size = 0

    def seal(self) -> Audio:
        with self._lock, raising_storage_full("the upload"):
            if self._closed:
                raise UploadLocked("another request goes on with this upload")
            self._sync()
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            audio = Audio(digest, self.size)
            self._save(self.size, audio)
            self.audio = audio
            return audio

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for descriptor in (self._data, self._held):
                if descriptor is not None:
                    os.close(descriptor)
            self._data = self._held = None

    def _sync(self) -> None:
        if self._data is not None and self.size > self.kept:
            os.fsync(self._data)
            self._save(self.size)

    def _save(self, offset: int, audio: Audio | None = None) -> None:
        _write(self._folder, PartialUpload(self.origin, offset, audio))
        self.kept = offset


class PartialUploadWriter:
    """Continues an upload. Bytes that are written and not kept are lost when it is closed."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._batch = bytearray()

    @property
    def origin(self) -> Origin:
        return self._file.origin

    @property
    def audio(self) -> Audio | None:
        return self._file.audio

    @property
    def path(self) -> Path:
        return self._file.path

    @property
    def whole(self) -> bool:
        return self.audio is not None or self.offset == self.origin.size

    @property
    def offset(self) -> int:
        return self._file.size + len(self._batch)

    @property
    def kept(self) -> int:
        """Bytes that survive a crash."""
        return self._file.kept

    async def write(self, data: bytes) -> None:
        """Raises `StorageFull` if the disk is full."""
        self._batch += data
        if len(self._batch) >= BATCH:
            await self._flush()

    async def keep(self) -> None:
        """Everything written so far survives a crash on return."""
        await self._flush()
        await asyncio.to_thread(self._file.keep)

    async def restart(self) -> None:
        """Start again from the first byte."""
        self._batch.clear()
        await asyncio.to_thread(self._file.restart)

    async def seal(self) -> Audio:
        """Mark the upload as complete, for good. Idempotent."""
        if self._file.audio is not None:
            return self._file.audio
        await self._flush()
        return await asyncio.to_thread(self._file.seal)

    async def _flush(self) -> None:
        batch, self._batch = self._batch, bytearray()
        if batch:
            await asyncio.to_thread(self._file.write, batch)


def _write(folder: Path, partial: PartialUpload) -> None:
    durable_files.replace_file(folder / _STATE, msgspec.json.encode(partial))


def _read(folder: Path) -> PartialUpload | None:
    try:
        return msgspec.json.decode((folder / _STATE).read_bytes(), type=PartialUpload)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _known(folder: Path) -> PartialUpload:
    partial = _read(folder)
    if partial is None:
        raise JobNotFound("there is no such upload")
    return partial


def _cut_to(data: Path, size: int) -> int:
    descriptor = os.open(data, os.O_WRONLY)
    os.ftruncate(descriptor, size)
    return descriptor


def _lock(folder: Path) -> int:
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        raise JobNotFound("there is no such upload") from None
    if not file_lock.try_lock(descriptor):
        os.close(descriptor)
        raise UploadLocked("another request is writing to this upload", retry_after=1.0)
    return descriptor


def _is_leftover(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return file_lock.is_unlocked(folder / _LOCK)
    return True
