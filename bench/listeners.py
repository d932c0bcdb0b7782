"""Clients of the live news that cost as little as they can: many of them share one core."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

_LONG = 126
_LONGER = 127
_TEXT = 1
_CLOSE = 8


class Arrival(NamedTuple):
    at: float
    data: bytes


class Told(NamedTuple):
    at: float
    message: dict[str, Any]


class Listener(asyncio.Protocol):
    """Keeps what comes, with the time. It is read when all is over."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self._arrivals: list[Arrival] = []
        loop = asyncio.get_running_loop()
        self.opened = loop.create_future()
        self.gone = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(
            f"GET /ws/transcription/{self._job_id} HTTP/1.1\r\nHost: bench\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._arrivals.append(Arrival(time.time(), data))
        if not self.opened.done() and b'"status"' in data:
            self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before it was open"))
        if not self.gone.done():
            self.gone.set_result(None)

    def told(self) -> Iterator[Told]:
        return (Told(at, json.loads(data)) for at, kind, data in self._frames() if kind == _TEXT)

    @property
    def close_code(self) -> int | None:
        codes = [data for _, kind, data in self._frames() if kind == _CLOSE]
        return int.from_bytes(codes[0][:2], "big") if codes else None

    def _frames(self) -> Iterator[tuple[float, int, bytes]]:
        """Each as of the moment when its last byte came."""
        buffer, headed = b"", False
        for at, data in self._arrivals:
            buffer += data
            if not headed:
                _, mark, after = buffer.partition(b"\r\n\r\n")
                if not mark:
                    continue
                buffer, headed = after, True
            while (frame := _frame(buffer)) is not None:
                kind, content, buffer = frame
                yield at, kind, content


def _frame(buffer: bytes) -> tuple[int, bytes, bytes] | None:
    """The first one, and what comes after it."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1], 2
    if size in {_LONG, _LONGER}:
        start = 4 if size == _LONG else 10
        if len(buffer) < start:
            return None
        size = int.from_bytes(buffer[2:start], "big")
    if len(buffer) < start + size:
        return None
    return buffer[0] & 15, buffer[start : start + size], buffer[start + size :]


async def listen(port: int, job_id: str) -> Listener:
    """Connected, and told where the job is."""
    loop = asyncio.get_running_loop()
    _, listener = await loop.create_connection(lambda: Listener(job_id), "127.0.0.1", port)
    await listener.opened
    return listener
