"""Between a journal and its PostgreSQL server: cuts the connection around a COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import quote, urlencode

from tests.support.storage.postgres import PASSWORD, USER, Postgres

COMMIT = b"COMMIT\0"
MUCH = 65_536


class Cut(Enum):
    BEFORE = "before the server has heard of it"
    DURING = "while the server is at it"
    AFTER = "when it is done, before its answer gets back"


class Scissors:
    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._port = 0
        self.wanted: list[Cut] = []
        """What is to be done to the next commits."""
        self._ways: set[asyncio.Task[None] | None] = set()

    def address(self, database: str) -> str:
        plainly = {"sslmode": "disable", "gssencmode": "disable"}
        asked = urlencode({"user": USER, "password": PASSWORD, **plainly}, quote_via=quote)
        return f"postgresql://127.0.0.1:{self._port}/{database}?{asked}"

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Scissors]:
        listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = listener.sockets[0].getsockname()[1]
        async with listener:
            yield self
            await asyncio.gather(*filter(None, self._ways))

    async def _connected(self, asks: asyncio.StreamReader, hears: asyncio.StreamWriter) -> None:
        self._ways.add(asyncio.current_task())
        answers, told = await asyncio.open_unix_connection(str(self._server.socket))
        back = asyncio.create_task(_pass_on(answers, hears))
        try:
            while data := await asks.read(MUCH):
                if self.wanted and COMMIT in data:
                    await self._cut(self.wanted.pop(0), data, told, back, answers)
                    break
                told.write(data)
        except OSError:
            pass  # the one side or the other is gone, and so is this
        finally:
            back.cancel()
            await asyncio.wait({back})
            for each in (told, hears):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()

    async def _cut(
        self,
        when: Cut,
        commit: bytes,
        told: asyncio.StreamWriter,
        back: asyncio.Task[None],
        answers: asyncio.StreamReader,
    ) -> None:
        back.cancel()
        await asyncio.wait({back})
        if when is not Cut.BEFORE:
            told.write(commit)
            await told.drain()
        if when is Cut.AFTER:
            await answers.read(1)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(MUCH):
            writer.write(data)
    writer.close()
