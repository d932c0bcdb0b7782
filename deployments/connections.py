"""uvicorn's connections, bounded towards clients that do not read what they are sent."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from retender.limits import SEND_SECONDS, UNREAD_SECONDS

_LOG: Final = logging.getLogger("retender.sockets")
"""uvicorn's own says at INFO which address was asked for, and with which ticket."""
_LOG.setLevel(logging.WARNING)


class Http(HttpToolsProtocol):
    """Cut where nothing of an answer is taken for too long."""

    _unread: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_again()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._read_again()

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class Socket(WebSocketsSansIOProtocol):
    """What may wait to be read is what `send` has let through: nothing else is added to it."""

    _end: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _LOG

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            # The last few bytes, behind which nothing is waited for.
            self.writable.set()
        await super().send(message)

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            # Who does not read its answers asks for no more of them.
            self.conn.data_to_send()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self._end = self.loop.call_later(SEND_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._end is not None:
            self._end.cancel()
