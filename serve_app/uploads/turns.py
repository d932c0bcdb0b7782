"""Who writes to which resumable upload, in this process.

A client whose network has gone away comes back on a new connection, while the old one still seems
to live. When it asks where it was, whoever wrote before is stopped first, so that the answer is
still true when the client goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from retender.errors import UploadLocked


class _Turn:
    def __init__(self, task: asyncio.Task[object]) -> None:
        self.task = task
        self.ended = False
        self.over = asyncio.Event()


class Turns:
    def __init__(self) -> None:
        self._writing: dict[str, _Turn] = {}

    @asynccontextmanager
    async def take(self, upload: str) -> AsyncIterator[None]:
        """For as long as the block lasts. Raises `UploadLocked` where another has the turn, and
        when this one is ended from outside."""
        task = asyncio.current_task()
        assert task is not None
        if upload in self._writing:
            raise UploadLocked("another request is writing to this upload", retry_after=1.0)
        turn = self._writing[upload] = _Turn(task)
        try:
            yield
        except asyncio.CancelledError:
            if turn.ended and not task.uncancel():
                raise UploadLocked("another request goes on with this upload") from None
            raise
        else:
            if turn.ended:
                # It was through before it could be stopped: that is not to stop what follows.
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
                task.uncancel()
        finally:
            del self._writing[upload]
            turn.over.set()

    async def end(self, upload: str) -> None:
        """Whoever has the turn has given it up on return; what it had written is kept."""
        turn = self._writing.get(upload)
        if turn is not None:
            if not turn.ended:
                turn.ended = True
                turn.task.cancel()
            await turn.over.wait()
