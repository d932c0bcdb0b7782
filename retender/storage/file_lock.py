"""File locks of the kernel (`flock`): they hold between processes, and end with their process.

A lock belongs to an open file. Closing the descriptor releases it, and so does the death of the
process. An exclusive lock is taken on a file that is open for writing: on NFS no other file can be
locked exclusively, and only such a lock holds between machines.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock(descriptor: int, *, shared: bool = False) -> None:
    """Wait until no other process or thread holds a lock that excludes this one."""
    fcntl.flock(descriptor, _kind(shared=shared))


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """False if another process or thread holds a lock that excludes this one."""
    try:
        fcntl.flock(descriptor, _kind(shared=shared) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a lock file, which is made if needed. Nobody may ever delete that file."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One block at a time holds this lock file. Waits for the lock."""
    with opened(path) as descriptor:
        lock(descriptor)
        yield


def is_unlocked(path: Path) -> bool:
    """True if no process holds the lock of this file: its writer has died. Raises
    `FileNotFoundError`."""
    with path.open("r+b") as file:
        return try_lock(file.fileno())


def _kind(*, shared: bool) -> int:
    return fcntl.LOCK_SH if shared else fcntl.LOCK_EX
