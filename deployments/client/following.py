"""Following a job of a service that may be away for a while: each numbered message once, in order.

    socket ──► told all (1000): the end
      │ ▲
      │ └── comes back with the last number it was told
      ▼
    torn, refused, or the service is gone: ask how the job is instead, wait a little, try again

Where sockets do not get through at all, asking is all that is done, but for a try now and then.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Literal

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from deployments.client.client import Body, Client
from deployments.limits import (
    RETURN_SECONDS,
    SILENCE_SECONDS,
    SOCKET_AGAIN,
    SOCKET_TRIES,
    TOLD_BYTES,
)
from deployments.serving.address import near
from retender.errors import BadRequest, Forbidden, JobNotFound, RetenderError, Unauthorized
from retender.jobs.states import TERMINAL, Status

TOLD_ALL: Final = 1000

ASK_SECONDS: Final = 2.0
"""Between two questions, where there is no socket."""

_REFUSALS: Final[dict[int, type[RetenderError]]] = {
    4400: BadRequest,
    4401: Unauthorized,
    4404: JobNotFound,
}

_FINAL: Final = (BadRequest, Unauthorized, Forbidden, JobNotFound)

_FIRST_PAUSE: Final = 0.5


async def follow(client: Client, job_id: str) -> AsyncGenerator[Body, None]:
    """All that was and is told of the job, until its end. Raises `NoService` when nothing has been
    heard of the service for too long, and what the service refuses with."""
    line = _Connection(client, job_id)
    heard_at = time.monotonic()
    while True:
        if line.worth_a_try:
            async with aclosing(line.listen()) as news:
                async for told in news:
                    heard_at = time.monotonic()
                    yield told
            if line.over:
                return
        try:
            body = await client.job(job_id)
        except RetenderError as error:
            if isinstance(error, _FINAL) or time.monotonic() - heard_at > SILENCE_SECONDS:
                raise
            line.missed()
        else:
            heard_at = time.monotonic()
            line.answered()
            yield {"type": "status", "job_id": job_id, "data": body}
            if Status(body["status"]) in TERMINAL and line.dead:
                return
        await asyncio.sleep(line.pause)


class _Connection:
    """The sockets that are opened one after the other, and what they have told so far."""

    def __init__(self, client: Client, job_id: str) -> None:
        self._url = f"{client.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}"
        self._headers = client.headers
        self._proxy: Literal[True] | None = None if near(client.url) else True
        self._seen = 0
        self._failures = 0
        self._silences = 0
        self.over = False

    @property
    def dead(self) -> bool:
        """Sockets do not get through, or not any more."""
        return self._failures >= SOCKET_TRIES

    @property
    def worth_a_try(self) -> bool:
        return not self.dead or self._failures % SOCKET_AGAIN == 0

    def answered(self) -> None:
        """The service is there, socket or not."""
        self._silences = 0
        self._failures += self.dead

    def missed(self) -> None:
        """Nobody is there at all: that says nothing of sockets."""
        self._silences += 1
        self._failures = 0

    @property
    def pause(self) -> float:
        """Longer with each failure, and never the same for all who lost their service at once."""
        longest = ASK_SECONDS if self.dead else _FIRST_PAUSE * 2 ** min(self._silences, 8)
        return min(RETURN_SECONDS, longest) * (0.5 + random.random() / 2)

    async def listen(self) -> AsyncGenerator[Body, None]:
        """Until this socket is closed. Raises what the service refuses with."""
        try:
            async with connect(
                f"{self._url}?since={self._seen}",
                additional_headers=self._headers,
                proxy=self._proxy,
                max_size=TOLD_BYTES,
            ) as socket:
                async with aclosing(self._told(socket)) as news:
                    async for told in news:
                        self._failures = 0
                        yield told
                self._judge(socket)
        except (OSError, EOFError, TimeoutError, WebSocketException):
            self._failures += 1

    async def _told(self, socket: ClientConnection) -> AsyncGenerator[Body, None]:
        try:
            async for text in socket:
                told: dict[str, Any] = msgspec.json.decode(text, type=Body)
                if told["type"] == "ping":
                    await socket.send('{"type": "pong"}')
                elif self._is_new(told.get("seq")):
                    yield told
        except ConnectionClosed:
            return

    def _is_new(self, number: int | None) -> bool:
        if number is None:
            return True
        new, self._seen = number > self._seen, max(number, self._seen)
        return new

    def _judge(self, socket: ClientConnection) -> None:
        code = socket.close_code or 0
        self.over = code == TOLD_ALL
        if code in _REFUSALS:
            raise _REFUSALS[code](socket.close_reason or "the service refuses to tell of this job")
        if not self.over:
            self._failures += 1
