"""A client of the live news over a real WebSocket, which keeps what it is told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Told = dict[str, Any]

DEADLINE = 120.0
TO_THE_END = 240.0
"""Seconds that a whole job may take, over some lives of the service."""

_ENDS = {"completed", "error", "cancelled"}


async def eventually(condition: Callable[[], object]) -> None:
    """For what the service does behind its answers."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - nobody tells the test of it
            await asyncio.sleep(0.01)


class Addressed(Protocol):
    @property
    def url(self) -> str: ...


class Viewer:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[Told] = []

    async def next(self) -> Told:
        async with asyncio.timeout(DEADLINE):
            told: Told = json.loads(await self.connection.recv())
        self.heard.append(told)
        return told

    async def until(self, kind: str) -> Told:
        while (told := await self.next())["type"] != kind:
            pass
        return told

    async def say(self, kind: str, **more: object) -> None:
        await self.connection.send(json.dumps({"type": kind, **more}))

    async def rest(self) -> list[Told]:
        """All that comes until the service closes the socket."""
        before = len(self.heard)
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return self.heard[before:]

    async def closed(self) -> int:
        """The code that the service closes with."""
        await self.rest()
        assert self.connection.close_code is not None
        return self.connection.close_code

    @property
    def numbers(self) -> list[int]:
        return [told["seq"] for told in self.heard if "seq" in told]


@asynccontextmanager
async def viewing(
    here: Addressed, job_id: str = "a", query: str = "", **options: Any
) -> AsyncIterator[Viewer]:
    address = f"{here.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}{query}"
    async with connect(address, proxy=None, **options) as connection:
        yield Viewer(connection)


class Returning:
    """A client that comes back by number whenever it is cut off, as it should."""

    def __init__(self, here: Addressed, job_id: str) -> None:
        self._address = f"{here.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}"
        self.heard: list[Told] = []
        """Numbered messages alone, those that came twice included."""
        self.codes: list[int | None] = []
        """What each connection was closed with; None: it broke."""

    @property
    def numbers(self) -> list[int]:
        return [told["seq"] for told in self.heard]

    @property
    def events(self) -> list[Told]:
        """What each message lastingly says. How far the job is, is never told below what was seen
        before, be the event ever so old."""
        passing = ("progress", "estimated_time_remaining")
        return [told | {"data": _without(told["data"], passing)} for told in self.heard]

    @property
    def over(self) -> bool:
        return bool(self.heard) and self.heard[-1]["type"] in _ENDS

    async def follow(self) -> None:
        """Until it has been told the end."""
        async with asyncio.timeout(TO_THE_END):
            while not self.over:
                try:
                    await self.once()
                except (InvalidHandshake, OSError, EOFError):
                    await asyncio.sleep(0.05)  # the service is not there

    async def once(self, most: int = sys.maxsize) -> None:
        """Until it is cut off, or has been told so many numbered messages: then it leaves."""
        since = self.numbers[-1] if self.heard else 0
        address = f"{self._address}?since={since}"
        async with connect(address, proxy=None, open_timeout=DEADLINE) as connection:
            with suppress(ConnectionClosed):
                while most > 0:
                    told = json.loads(await connection.recv())
                    if "seq" in told:
                        self.heard.append(told)
                        most -= 1
        self.codes.append(connection.close_code)


async def in_steps(client: Returning, most: int) -> None:
    """To the end, but it leaves after so many messages, and comes back for the next."""
    async with asyncio.timeout(TO_THE_END):
        while not client.over:
            await client.once(most)


def _without(data: Told, names: Collection[str]) -> Told:
    return {name: value for name, value in data.items() if name not in names}
