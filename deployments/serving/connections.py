"""uvicorn's connections with time limits: for clients that do not read their answers, and for
requests whose headers never end."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from deployments.limits import HEAD_BYTES, HEAD_SECONDS, UNREAD_SECONDS
from serve_app.limits import SEND_SECONDS

_LOG: Final = logging.getLogger("retender.sockets")
"""uvicorn's own logger writes the requested address, ticket included, at INFO."""
_LOG.setLevel(logging.WARNING)
# A client's fault, which closes its socket (1007), is no error here with a stack of its own.
_LOG.addFilter(lambda record: not str(record.msg).startswith("Invalid UTF-8 sequence"))


class Http(HttpToolsProtocol):
    """Closes the connection if the client reads nothing of an answer for too long, or if the head
    of a request (its address and headers) is too large or takes too long."""

    _unread: asyncio.TimerHandle | None = None
    _head: asyncio.TimerHandle | None = None
    """Runs while a request's head is incomplete."""
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        awaited = self._head
        super().data_received(data)
        if awaited is not None and self._head is awaited:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.send_400_response(f"The head of a request has at most {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._have_head()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._have_head()
        self._head_bytes = 0
        self._head = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _have_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
        else:
            # The head cannot be read while the request before it is being answered.
            self._head = self.loop.call_later(HEAD_SECONDS, self._give_up)

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
        self._have_head()

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class Socket(WebSocketsSansIOProtocol):
    """Only what `send` has let through may wait in the write buffer."""

    _end: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _LOG

    async def send(self, message: ASGISendEvent) -> None:
        if self.close_sent and message["type"] == "websocket.send":
            # The client's frames ended the connection, which the application is not told yet.
            raise ClientDisconnected
        if self.close_sent and message["type"] == "websocket.close":
            return
        if message["type"] == "websocket.close":
            # The close frame is small, and nothing is sent after it.
            self.writable.set()
        await super().send(message)

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            # A client that does not read gets no further pongs.
            self.conn.data_to_send()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self._end = self.loop.call_later(SEND_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._end is not None:
            self._end.cancel()
