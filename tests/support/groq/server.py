"""The stand-in for Groq on a port of this machine: real HTTP, real connections that break."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import h11

from tests.support.groq.rules import Asked, Cut, GroqService, Hang, Reply, taken_apart

_PIECE = 64 * 1024


class GroqServer:
    """`keep`: without it an upload's bytes are counted and forgotten, so that it weighs nothing
    in a measurement of memory."""

    def __init__(self, service: GroqService, *, keep: bool = True) -> None:
        self.service = service
        self.address = ""
        self.hung_up = asyncio.Event()
        """A client went away while it was waiting for an answer."""
        self._keep = keep
        self._connections: set[asyncio.Task[None]] = set()
        self._bugs: list[Exception] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[GroqServer]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        self.address = f"http://{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await server.wait_closed()
        if self._bugs:
            raise ExceptionGroup("the stand-in itself is wrong", self._bugs)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(_Wire(reader, writer))
        except (ConnectionError, asyncio.CancelledError):
            return
        except Exception as error:  # noqa: BLE001 - the test shall fail of it, not its client
            self._bugs.append(error)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, wire: _Wire) -> None:
        while (request := await wire.request()) is not None:
            asked = await self._read(wire, request)
            reply = await self._answer(wire, asked)
            if not isinstance(reply, Reply):
                return
            await wire.respond(reply)
            if not wire.ready_for_more():
                return

    async def _read(self, wire: _Wire, request: h11.Request) -> Asked:
        headers = {name.decode(): value.decode() for name, value in request.headers}
        kept, size = bytearray(), 0
        async for data in wire.body():
            size += len(data)
            if self._keep or len(kept) < _PIECE:
                kept += data
        if self._keep or not kept:
            return taken_apart(request.target.decode(), headers, bytes(kept))
        closed = bytes(kept) + b"\r\n--" + headers["content-type"].partition("=")[2].encode()
        return taken_apart(request.target.decode(), headers, closed)._replace(size=size)

    async def _answer(self, wire: _Wire, asked: Asked) -> Reply | None:
        """None: the connection is at its end."""
        answer = asyncio.ensure_future(self.service.answer(asked))
        gone = asyncio.ensure_future(wire.gone())
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                self.hung_up.set()
                return None
            reply = answer.result()
            if isinstance(reply, Hang):
                await gone
                self.hung_up.set()
            elif isinstance(reply, Cut):
                await wire.begin_and_break_off()
            return reply if isinstance(reply, Reply) else None
        finally:
            for task in (answer, gone):
                task.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)


class _Wire:
    """One connection, seen from the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def request(self) -> h11.Request | None:
        event = await self._next()
        return event if isinstance(event, h11.Request) else None

    async def body(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def gone(self) -> None:
        """The client has nothing more to say: it is waiting, or it has hung up."""
        if await self._reader.read(1):
            raise AssertionError("a client that does not wait for its answer")

    async def respond(self, reply: Reply) -> None:
        headers = [*reply.headers.items(), ("content-length", str(len(reply.body)))]
        self._send(h11.Response(status_code=reply.status, headers=headers, reason=b"said"))
        self._send(h11.Data(data=reply.body))
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    async def begin_and_break_off(self) -> None:
        self._send(h11.Response(status_code=200, headers=[("content-length", "1000")]))
        self._send(h11.Data(data=b'{"text": "'))
        await self._writer.drain()

    def ready_for_more(self) -> bool:
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _next(self) -> Any:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(await self._reader.read(_PIECE))

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
