"""A whole service for many requests of strangers, and a client that sends any bytes at all.

The service runs in a thread of its own. What it logs as an error is kept: no request of a
client is a reason for that.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from loguru import logger

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.runtime.api import Recipe
from retender.storage.audio import Audio
from serve_app.access.key_file import Keyring
from serve_app.settings import HttpSettings
from tests.support.engines.scripted import Script, ScriptedEngine
from tests.support.http.http_service import Site, says, site

FINISHED, RUNNING = "finished", "running"
"""The ids of two jobs: one is completed before the first request, the other takes for ever."""
DEADLINE = 60.0
MOST_BYTES = 1 << 20

Headers = list[tuple[bytes, bytes]]

_SAID = says("uno", "dos", "tres", chunks=3)
_ENDLESS = says("slow", takes=1e6)
RECORDING = _SAID.recorded()


class AnyEngine(ScriptedEngine):
    """Hears something in whatever was uploaded."""

    def _read(self, audio: Audio) -> Script:
        try:
            return super()._read(audio)
        except msgspec.MsgspecError:
            return says("something")


class Answered(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Door:
    def __init__(self, here: Site) -> None:
        address = urlsplit(here.url)
        self.host, self.port = str(address.hostname), int(address.port or 0)
        self.troubles: list[str] = []

    def request(
        self, method: bytes, target: bytes, headers: Headers, body: bytes = b""
    ) -> Answered | None:
        """The answer; None if the connection is closed without one."""
        lines = [b"%s %s HTTP/1.1" % (method, target)]
        names = {name.lower() for name, _ in headers}
        if b"host" not in names:
            headers = [(b"Host", b"localhost"), *headers]
        if body and not names & {b"content-length", b"transfer-encoding"}:
            headers = [*headers, (b"Content-Length", b"%d" % len(body))]
        lines += [b"%s: %s" % header for header in [*headers, (b"Connection", b"close")]]
        with socket.create_connection((self.host, self.port), DEADLINE) as connection:
            # It may answer, and close, before it has read everything.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"\r\n".join([*lines, b"", body]))
            return _read(connection, method)

    def whisper(self, data: bytes) -> bytes:
        """Send these bytes and no more; all that comes back."""
        said = bytearray()
        with (
            suppress(BrokenPipeError, ConnectionResetError),
            socket.create_connection((self.host, self.port), DEADLINE) as connection,
        ):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                said += part
        return bytes(said)

    def talk(self, target: bytes, headers: Headers, frames: bytes) -> bytes:
        """Open a WebSocket, send these bytes over it and no more; all that comes back."""
        lines = [
            b"GET %s HTTP/1.1" % target,
            *(b"%s: %s" % header for header in [(b"Host", b"localhost"), *headers]),
            *(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
            *(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"", b""),
        ]
        said = bytearray()
        with (
            suppress(BrokenPipeError, ConnectionResetError),
            socket.create_connection((self.host, self.port), DEADLINE) as connection,
        ):
            connection.sendall(b"\r\n".join(lines))
            while b"\r\n\r\n" not in said and (part := connection.recv(1 << 16)):
                said += part
            connection.sendall(frames)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                said += part
        return bytes(said)

    def check(self, answered: Answered | None) -> Answered | None:
        """No request may find an error of the service itself."""
        troubles = self.troubles.copy()
        self.troubles.clear()
        assert troubles == []
        if answered is not None and answered.status == http.client.SERVICE_UNAVAILABLE:
            assert b'"engine_unavailable"' in answered.body, answered
        elif answered is not None:
            assert answered.status < http.client.INTERNAL_SERVER_ERROR, answered
        return answered


class _Errors(logging.Handler):
    """What the server and the framework log. They warn of requests that are none: that is right."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(self.format(record))


@contextmanager
def door(folder: Path, *, keys: Keyring | None = None) -> Iterator[Door]:
    ready: list[Door] = []
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        engine = Recipe.of(AnyEngine, library=str(folder), lanes=3)
        settings = HttpSettings(version="0.0.test", language="en", most_bytes=MOST_BYTES)
        manager = ManagerSettings(max_queue=100_000)
        async with site(
            folder, settings=settings, manager=manager, engine=engine, keys=keys
        ) as here:
            await here.submit(_SAID, FINISHED)
            await here.ended(FINISHED)
            await here.submit(_ENDLESS, RUNNING)
            ready.append(Door(here))
            up.set()
            await asyncio.to_thread(over.wait)
            await here.services.manager.ask(JobManager.cancel, RUNNING)

    def run() -> None:
        try:
            asyncio.run(serve())
        finally:
            up.set()

    serving = threading.Thread(target=run, name="service")
    serving.start()
    up.wait()
    try:
        assert ready, "the service did not come up"
        troubles = ready[0].troubles
        errors = _Errors(troubles.append)
        logging.getLogger().addHandler(errors)
        kept = logger.add(
            lambda said: troubles.append(str(said)),
            level="ERROR",
        )
        try:
            yield ready[0]
        finally:
            logger.remove(kept)
            logging.getLogger().removeHandler(errors)
    finally:
        over.set()
        serving.join()


def _read(connection: socket.socket, method: bytes) -> Answered | None:
    response = http.client.HTTPResponse(connection, method=method.decode("latin-1"))
    try:
        response.begin()
        return Answered(response.status, response.msg, response.read())
    except (http.client.HTTPException, ConnectionResetError):
        return None
    finally:
        response.close()
