"""The lock of a SQLite journal: one process at a time has it open.

The kernel holds the lock and releases it when the process dies. The content of the lock file only
says who holds it, so the file of a killed process locks nobody out. The file is never deleted: that
could remove a file that another process has just locked.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

import msgspec

from retender.errors import JournalLocked
from retender.storage import file_lock


class LockHolder(msgspec.Struct, frozen=True):
    pid: int
    host: str


class JournalLock:
    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises `JournalLocked`, which names the holder."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not file_lock.try_lock(descriptor):
                raise _locked(self._path, descriptor)  # noqa: TRY301 - the descriptor is closed below
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, msgspec.json.encode(LockHolder(os.getpid(), platform.node())), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(path: str, descriptor: int) -> JournalLocked:
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC).isoformat(timespec="seconds")
    try:
        holder = msgspec.json.decode(os.pread(descriptor, 4096, 0), type=LockHolder)
    except msgspec.MsgspecError:
        return JournalLocked(f"another process holds {path} since {since}", since=since)
    who = f"process {holder.pid} on {holder.host}"
    if holder == LockHolder(os.getpid(), platform.node()):
        who = f"this very process ({holder.pid}), through another opener,"
    return JournalLocked(
        f"{who} has held {path} since {since}; only one may have the journal open",
        pid=holder.pid,
        host=holder.host,
        since=since,
    )
