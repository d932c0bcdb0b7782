"""Follow a job of a service that may be unreachable for a while: each numbered message once, in
order.

    socket ──► closed with 1000: the end
      │ ▲
      │ └── reconnects with the last number received
      ▼
    broken, refused, or no service: poll the job once, pause, try again

If sockets fail again and again, the job is polled, with a socket tried now and then.
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
    MESSAGE_BYTES,
    RETURN_SECONDS,
    SILENCE_SECONDS,
    SOCKET_RETRY_EVERY,
    SOCKET_TRIES,
)
from deployments.serving.address import is_local
from retender.errors import BadRequest, Forbidden, JobNotFound, RetenderError, Unauthorized
from retender.jobs.states import TERMINAL, Status

FINISHED: Final = 1000

ASK_SECONDS: Final = 2.0
"""Between two polls while there is no socket."""

_REFUSALS: Final[dict[int, type[RetenderError]]] = {
    4400: BadRequest,
    4401: Unauthorized,
    4404: JobNotFound,
}

_FINAL: Final = (BadRequest, Unauthorized, Forbidden, JobNotFound)

_FIRST_PAUSE: Final = 0.5


async def follow(client: Client, job_id: str) -> AsyncGenerator[Body, None]:
    """All messages of the job, past and coming, until its end. Raises `NoService` if the service
    stays silent for too long, and the error if the service refuses."""
    connection = _Connection(client, job_id)
    last_message_at = time.monotonic()
    while True:
        if connection.tries_socket:
            async with aclosing(connection.receive()) as messages:
                async for message in messages:
                    last_message_at = time.monotonic()
                    yield message
            if connection.finished:
                return
        try:
            body = await client.job(job_id)
        except RetenderError as error:
            if isinstance(error, _FINAL) or time.monotonic() - last_message_at > SILENCE_SECONDS:
                raise
            connection.unreachable()
        else:
            last_message_at = time.monotonic()
            connection.reachable()
            yield {"type": "status", "job_id": job_id, "data": body}
            if Status(body["status"]) in TERMINAL and connection.sockets_fail:
                return
        await asyncio.sleep(connection.pause)


class _Connection:
    """The sockets opened one after another, and the last number received."""

    def __init__(self, client: Client, job_id: str) -> None:
        self._url = f"{client.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}"
        self._headers = client.headers
        self._proxy: Literal[True] | None = None if is_local(client.url) else True
        self._seen = 0
        self._failures = 0
        self._unreachable = 0
        self.finished = False

    @property
    def sockets_fail(self) -> bool:
        """True after several sockets in a row have failed."""
        return self._failures >= SOCKET_TRIES

    @property
    def tries_socket(self) -> bool:
        return not self.sockets_fail or self._failures % SOCKET_RETRY_EVERY == 0

    def reachable(self) -> None:
        """A poll was answered."""
        self._unreachable = 0
        self._failures += self.sockets_fail

    def unreachable(self) -> None:
        """A poll was not answered: that says nothing about sockets."""
        self._unreachable += 1
        self._failures = 0

    @property
    def pause(self) -> float:
        """Seconds: longer with each failure, with jitter so that clients do not return at once."""
        longest = (
            ASK_SECONDS if self.sockets_fail else _FIRST_PAUSE * 2 ** min(self._unreachable, 8)
        )
        return min(RETURN_SECONDS, longest) * (0.5 + random.random() / 2)

    async def receive(self) -> AsyncGenerator[Body, None]:
        """Messages until this socket closes. Raises the error if the service refuses."""
        try:
            async with connect(
                f"{self._url}?since={self._seen}",
                additional_headers=self._headers,
                proxy=self._proxy,
                max_size=MESSAGE_BYTES,
            ) as socket:
                async with aclosing(self._messages(socket)) as messages:
                    async for message in messages:
                        self._failures = 0
                        yield message
                self._check_close(socket)
        except (OSError, EOFError, TimeoutError, WebSocketException):
            self._failures += 1

    async def _messages(self, socket: ClientConnection) -> AsyncGenerator[Body, None]:
        try:
            async for text in socket:
                message: dict[str, Any] = msgspec.json.decode(text, type=Body)
                if message["type"] == "ping":
                    await socket.send('{"type": "pong"}')
                elif self._is_new(message.get("seq")):
                    yield message
        except ConnectionClosed:
            return

    def _is_new(self, number: int | None) -> bool:
        if number is None:
            return True
        new, self._seen = number > self._seen, max(number, self._seen)
        return new

    def _check_close(self, socket: ClientConnection) -> None:
        code = socket.close_code or 0
        self.finished = code == FINISHED
        if code in _REFUSALS:
            raise _REFUSALS[code](socket.close_reason or "the service refuses to show this job")
        if not self.finished:
            self._failures += 1
