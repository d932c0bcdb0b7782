"""One process at a time: a lock the kernel gives back whatever the process dies of.

The file beside the database only says who holds it; it is the lock on the file that counts, so
one left behind by a killed process stands in nobody's way. It is never deleted: whoever deleted
it could take away the very file that another has just locked.
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
        """Raises `JournalLocked`, naming the holder."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not file_lock.try_lock(descriptor):
                raise _refusal(self._path, descriptor)  # noqa: TRY301 - closes what it has read
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


def _refusal(path: str, descriptor: int) -> JournalLocked:
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
