"""Recordings that come in several goes, or from afar: kept between the goes, and over restarts.

    root/partial/<job id>/data      what has come so far
    root/partial/<job id>/record    line by line: what it is, then how much of `data` is safe

A line of the record is appended only once what it tells of is synced, and a torn last line counts
for nothing: so whatever dies when, the record tells of bytes that are there. What lies in `data`
beyond that is cut off when it is next opened. A record that the disk has damaged tells of none, or
of those that a later line tells of; of one whose first line is damaged nothing can be made. Who
writes holds the kernel's lock on the record.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import msgspec

from retender.errors import JobNotFound, UploadLocked
from retender.storage import durable_files
from retender.storage.audio import Audio
from retender.storage.disk_space import raising_storage_full, storage_full
from retender.storage.spool import BATCH

T = TypeVar("T")

_JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DATA: Final = "data"
_RECORD: Final = "record"


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the first line of a record says. `job_id` names the folder."""

    job_id: str
    owner: str | None = None
    """Who may go on with it; of None anyone may."""
    size: int | None = None
    """How long it will be; None: that shows when it ends."""
    url: str = ""
    """Where it is fetched from; empty: its owner sends it."""
    created_at: float = 0.0


class _Safe(msgspec.Struct, frozen=True, tag="safe"):
    offset: int


class _Sealed(msgspec.Struct, frozen=True, tag="sealed"):
    """It is whole, and is this."""

    audio: Audio


_LATER: Final[Any] = _Safe | _Sealed


class PartialUpload(msgspec.Struct, frozen=True):
    """What is known of one."""

    origin: Origin
    offset: int
    audio: Audio | None = None
    """Once it is whole."""

    @property
    def whole(self) -> bool:
        """Nothing more is to come."""
        return self.audio is not None or self.offset == self.origin.size


class PartialUploadStore:
    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root) / "partial"
        durable_files.make_folder(self._root)

    async def create(self, origin: Origin) -> None:
        """It is on the disk on return. Raises `StorageFull` where all of it would not fit."""
        await asyncio.to_thread(self._create, origin)

    async def look(self, job_id: str) -> PartialUpload | None:
        return await asyncio.to_thread(_read, self._folder(job_id))

    async def all(self) -> list[PartialUpload]:
        """But for leftovers whose record has no first line that can be read: those are gone after
        this."""
        return await asyncio.to_thread(self._all)

    @asynccontextmanager
    async def open(self, job_id: str) -> AsyncIterator[PartialUploadWriter]:
        """To go on with it. Raises `JobNotFound`, or `UploadLocked` while another does."""
        file = await asyncio.to_thread(_File, self._folder(job_id))
        try:
            yield PartialUploadWriter(file)
        finally:
            # A second cancellation must not leave it open: the thread goes on without us.
            await asyncio.shield(asyncio.to_thread(file.close))

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
                (folder / _DATA).touch(mode=0o600)
                record = folder / _RECORD
                record.touch(mode=0o600)
                with record.open("r+b") as file:
                    # While this is held, nobody takes the folder for a leftover.
                    fcntl.flock(file, fcntl.LOCK_EX)
                    _append(file.fileno(), origin)
                durable_files.sync_folder(folder)
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
            elif _abandoned(folder / _RECORD):
                shutil.rmtree(folder, ignore_errors=True)
        return found


class _File:
    """Open for writing. Its methods are for threads: whoever writes may have been cancelled while
    a write goes on, so `close` waits for it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _DATA
        self._lock = Lock()
        self._data: int | None
        self._record = _open_alone(folder / _RECORD)
        try:
            _mend(self._record)
            partial = _known(folder)
            self.origin, self.audio = partial.origin, partial.audio
            self.size = self.kept = partial.offset
            # Once it is whole, it may have been moved to where it belongs already.
            self._data = None if self.audio is not None else _cut_to(self.path, self.kept)
        except BaseException:
            os.close(self._record)
            raise

    def write(self, data: bytearray) -> None:
        with self._lock, raising_storage_full("the upload"):
            rest = memoryview(data)
            while rest and self._data is not None:
                written = os.pwrite(self._data, rest, self.size)
                self.size += written
                rest = rest[written:]

    def keep(self) -> None:
        with self._lock, raising_storage_full("the upload"):
            if self._data is not None and self.size > self.kept:
                os.fsync(self._data)
                _append(self._record, _Safe(self.size))
                self.kept = self.size

    def restart(self) -> None:
        with self._lock, raising_storage_full("the upload"):
            if self._data is not None and self.size:
                os.ftruncate(self._data, 0)
                self.size = self.kept = 0
                _append(self._record, _Safe(0))

    def seal(self) -> Audio:
        self.keep()
        with self._lock, raising_storage_full("the upload"):
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            self.audio = Audio(digest, self.size)
            _append(self._record, _Sealed(self.audio))
            return self.audio

    def close(self) -> None:
        with self._lock:
            if self._data is not None:
                os.close(self._data)
                self._data = None
            os.close(self._record)


class PartialUploadWriter:
    """A recording that goes on. What is written and not kept is gone when this is left."""

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
        """So much of it outlives anything."""
        return self._file.kept

    async def write(self, data: bytes) -> None:
        """Raises `StorageFull` when the disk is full."""
        self._batch += data
        if len(self._batch) >= BATCH:
            await self._flush()

    async def keep(self) -> None:
        """All that was written is safe on return."""
        await self._flush()
        await asyncio.to_thread(self._file.keep)

    async def restart(self) -> None:
        """From its first byte."""
        self._batch.clear()
        await asyncio.to_thread(self._file.restart)

    async def seal(self) -> Audio:
        """It is whole, whatever happens from here on. Idempotent."""
        if self._file.audio is not None:
            return self._file.audio
        await self._flush()
        return await asyncio.to_thread(self._file.seal)

    async def _flush(self) -> None:
        batch, self._batch = self._batch, bytearray()
        if batch:
            await asyncio.to_thread(self._file.write, batch)


def _append(record: int, line: Origin | _Safe | _Sealed) -> None:
    """All of the line, or nothing."""
    text = msgspec.json.encode(line) + b"\n"
    end = os.lseek(record, 0, os.SEEK_END)
    if os.write(record, text) < len(text):
        os.ftruncate(record, end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(record)


def _mend(record: int) -> None:
    """Cut off a line that a crash has torn."""
    size = os.fstat(record).st_size
    os.ftruncate(record, os.pread(record, size, 0).rfind(b"\n") + 1)


def _read(folder: Path) -> PartialUpload | None:
    try:
        lines = (folder / _RECORD).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    origin = _understood(lines[0], Origin) if lines else None
    if origin is None:
        return None
    offset, audio = 0, None
    for line in lines[1:]:
        match _understood(line, _LATER):
            case _Safe(safe):
                offset = safe
            case _Sealed(sealed):
                offset, audio = sealed.size, sealed
            case _:
                # It may have been the one that begins anew: then none before it holds.
                offset = 0
    return PartialUpload(origin, offset, audio)


def _understood(line: bytes, kind: type[T]) -> T | None:
    """None: the disk has damaged it."""
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.DecodeError:
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


def _open_alone(record: Path) -> int:
    try:
        descriptor = os.open(record, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        raise JobNotFound("there is no such upload") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UploadLocked("another request is writing to this upload", retry_after=1.0) from None
    return descriptor


def _abandoned(record: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return durable_files.abandoned(record)
    return True
