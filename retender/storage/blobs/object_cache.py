"""The copies that a machine keeps of what is in an object store: bounded, and lent.

Who works with a copy holds it: a shared lock of the kernel's on the file, or on the job's folder.
Whoever lets go of one locks it for himself first. So nothing is taken from under anyone's hands,
whatever process of this machine they are in, and a process that dies holds nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from retender.storage import durable_files, file_lock


class SharedLock:
    """On one copy. Its methods are for threads: whoever takes it may have been cancelled while the
    taking goes on, so `release` waits for that, and what comes after takes nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._descriptor: int | None = None
        self._released = False

    def take(self, place: Path) -> bool:
        """False: it is not there."""
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
    def __init__(
        self, blobs: Path, jobs: Path, turns: Path, *, most_bytes: int, now: Callable[[], float]
    ) -> None:
        self._blobs = blobs
        self._jobs = jobs
        self._turns = turns
        self._most_bytes = most_bytes
        self._now = now
        durable_files.make_folder(turns)

    @contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """One at a time on this machine, for things of this name."""
        name = hashlib.sha256(key.encode()).hexdigest()[:2]
        with file_lock.locked(self._turns / name):
            yield

    @contextmanager
    def only_turn(self, key: str) -> Iterator[bool]:
        """False: another is at it."""
        with file_lock.opened(self._turns / key) as descriptor:
            yield file_lock.try_lock(descriptor)

    def used(self, place: Path) -> None:
        """The time of its last use is the time at which the file was read, as the disk has it."""
        try:
            os.utime(place, ns=(round(self._now() * 1e9), place.stat().st_mtime_ns))
        except FileNotFoundError:
            return

    def make_room(self, spare: Path) -> None:
        """Let go of what was unused for longest until all of it fits. What is in use stays, and so
        does `spare`: with these there may be more than the bound."""
        copies = sorted(self._all(), key=attrgetter("used_at"))
        total = sum(copy.bytes for copy in copies)
        for copy in copies:
            if total <= self._most_bytes:
                return
            if copy.place != spare and self.let_go(copy.place):
                total -= copy.bytes

    def let_go(self, place: Path) -> bool:
        """False: it is in use, or gone."""
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
        """By the folder that they lie in."""
        return {folder.name: list(folder.iterdir()) for folder in self._blobs.iterdir()}

    def work(self, untouched_for: float) -> list[Path]:
        """Folders of jobs in which nothing was made for so many seconds."""
        before = self._now() - untouched_for
        return [folder for folder in self._jobs.iterdir() if _touched_at(folder) < before]

    def _all(self) -> Iterator[_Copy]:
        for place in (*self._blobs.glob("*/*"), *self._jobs.iterdir()):
            try:
                seen = place.stat()
                files = [file.stat().st_size for file in place.iterdir()] if place.is_dir() else ()
            except FileNotFoundError:
                continue
            yield _Copy(seen.st_atime, sum(files) if place.is_dir() else seen.st_size, place)


def _is_at(descriptor: int, place: Path) -> bool:
    """Nobody has let go of it while its lock was waited for."""
    try:
        return os.path.samestat(os.fstat(descriptor), place.stat())
    except FileNotFoundError:
        return False


def _touched_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
