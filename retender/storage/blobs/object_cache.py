"""A machine's cache of objects from an object store. Its size is bounded.

A process that uses a copy holds a shared kernel lock on the file, or on the job's folder. A process
that evicts a copy locks it exclusively first. So no copy is deleted while any process of the
machine uses it, and a process that dies holds no lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from retender.storage import durable_files, file_lock
from retender.storage.blobs.folder import BlobFolder


class SharedLock:
    """The lock on one copy. Its methods run in threads. A caller may be cancelled while its thread
    goes on, so `release` waits for that thread, and `take` after `release` takes nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._descriptor: int | None = None
        self._released = False

    def take(self, place: Path) -> bool:
        """False if there is no such copy."""
        with self._lock:
            if self._released:
                return False
            try:
                descriptor = os.open(place, os.O_RDONLY)
            except FileNotFoundError:
                return False
            file_lock.lock(descriptor, shared=True)
            if not _is_at(descriptor, place):
                os.close(descriptor)
                return False
            self._descriptor = descriptor
            return True

    def release(self) -> None:
        """Idempotent."""
        with self._lock:
            self._released = True
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


class _Copy(NamedTuple):
    used_at: float
    bytes: int
    place: Path


class ObjectCache:
    def __init__(self, folder: BlobFolder, *, most_bytes: int, now: Callable[[], float]) -> None:
        self._folder = folder
        self._locks = folder.root / "turns"
        self._most_bytes = most_bytes
        self._now = now
        durable_files.make_folder(self._locks)

    def locked(self, key: str) -> AbstractContextManager[None]:
        """One block at a time on this machine for this key. Waits for the others."""
        name = hashlib.sha256(key.encode()).hexdigest()[:2]
        return file_lock.locked(self._locks / name)

    @contextmanager
    def try_locked(self, key: str) -> Iterator[bool]:
        """False if another process on this machine is in such a block."""
        with file_lock.opened(self._locks / key) as descriptor:
            yield file_lock.try_lock(descriptor)

    def mark_used(self, place: Path) -> None:
        """The time of the last use is the access time of the file."""
        try:
            os.utime(place, ns=(round(self._now() * 1e9), place.stat().st_mtime_ns))
        except FileNotFoundError:
            return

    def shrink(self, spare: Path) -> None:
        """Evict the least recently used copies until the rest fits. Copies in use and `spare` stay,
        even if they exceed the bound."""
        copies = sorted(self._copies(), key=attrgetter("used_at"))
        total = sum(copy.bytes for copy in copies)
        for copy in copies:
            if total <= self._most_bytes:
                return
            if copy.place != spare and self.evict(copy.place):
                total -= copy.bytes

    def evict(self, place: Path) -> bool:
        """False if the copy is in use, or is not there."""
        try:
            descriptor = os.open(place, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            if not (file_lock.try_lock(descriptor) and _is_at(descriptor, place)):
                return False
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink()
        except FileNotFoundError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)

    def recordings(self) -> dict[str, list[Path]]:
        """The copies of uploads, by the name of their folder."""
        return {folder.name: list(folder.iterdir()) for folder in self._folder.blobs.iterdir()}

    def unchanged_work(self, seconds: float) -> list[Path]:
        """The folders of jobs in which no file was made for so long."""
        before = self._now() - seconds
        return [folder for folder in self._folder.jobs.iterdir() if _changed_at(folder) < before]

    def _copies(self) -> Iterator[_Copy]:
        for place in (*self._folder.blobs.glob("*/*"), *self._folder.jobs.iterdir()):
            try:
                stat = place.stat()
                files = [file.stat().st_size for file in place.iterdir()] if place.is_dir() else ()
            except FileNotFoundError:
                continue
            yield _Copy(stat.st_atime, sum(files) if place.is_dir() else stat.st_size, place)


def _is_at(descriptor: int, place: Path) -> bool:
    """False if the file was evicted while its lock was waited for."""
    try:
        return os.path.samestat(os.fstat(descriptor), place.stat())
    except FileNotFoundError:
        return False


def _changed_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
