"""Locks resumable uploads, so that one request of this process writes to each at a time.

A client whose network has failed comes back on a new connection, while its old one still seems to
be open. When it asks how many bytes have arrived, the request that still holds the lock is stopped
first: so the answer is still true when the client sends the next bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from retender.errors import UploadLocked


class _Lock:
    def __init__(self, task: asyncio.Task[object]) -> None:
        self.task = task
        self.broken = False
        self.released = asyncio.Event()


class UploadLocks:
    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}

    @asynccontextmanager
    async def hold(self, upload: str) -> AsyncIterator[None]:
        """Hold the lock while the block runs. Raises `UploadLocked` if another request holds it,
        and if another request breaks it."""
        task = asyncio.current_task()
        assert task is not None
        if upload in self._locks:
            raise UploadLocked("another request is writing to this upload", retry_after=1.0)
        lock = self._locks[upload] = _Lock(task)
        try:
            yield
        except asyncio.CancelledError:
            if lock.broken and not task.uncancel():
                raise UploadLocked("another request goes on with this upload") from None
            raise
        else:
            if lock.broken:
                # The block was finished before the cancellation came: what follows the block is
                # not to be cancelled by it.
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
                task.uncancel()
        finally:
            del self._locks[upload]
            lock.released.set()

    async def break_lock(self, upload: str) -> None:
        """Stop the request that holds the lock, if there is one. On return the lock is free, and
        what the request had written is kept."""
        lock = self._locks.get(upload)
        if lock is not None:
            if not lock.broken:
                lock.broken = True
                lock.task.cancel()
            await lock.released.wait()
