"""Clients that lose their connection and come back, and actors that die while they watch: no
event is told twice, and none is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from actors.names import BROADCASTER, JOB_MANAGER
from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import Site, says, site
from tests.support.http.live_client import DEADLINE, viewing

LONG = says("la", "lo", takes=0.02, chunks=25)


class Cutter:
    """Stands between client and service, and tears connections after some bytes."""

    def __init__(self, port: int, random: Random) -> None:
        self._port = port
        self._random = random
        self._connections: set[asyncio.Task[None]] = set()
        self.cuts = 0

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(connection)

    async def close(self) -> None:
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        service, to_service = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.create_task(_pass_on(reader, to_service))
        try:
            # The answer to the handshake is some 300 bytes: cut is in it and after it.
            if await _pass_on(service, writer, self._random.randrange(50, 4000)):
                self.cuts += 1
        finally:
            up.cancel()
            for end in (writer, to_service):
                end.transport.abort()
                with suppress(ConnectionError):
                    await end.wait_closed()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int = 10**9
) -> bool:
    """Whether there would have been more."""
    try:
        while most > 0 and (data := await reader.read(min(most, 512))):
            writer.write(data)
            most -= len(data)
            await writer.drain()
    except ConnectionError:
        return False
    return most <= 0


@asynccontextmanager
async def cutting(here: Site, seed: int) -> AsyncIterator[tuple[Cutter, int]]:
    cutter = Cutter(int(here.url.rpartition(":")[2]), Random(seed))
    server = await asyncio.start_server(cutter.take, "127.0.0.1", 0)
    async with server:
        yield cutter, server.sockets[0].getsockname()[1]
    await cutter.close()


async def followed(port: int, job_id: str) -> list[int]:
    """The numbers that a client is told, which comes back whenever it is cut off."""
    numbers: list[int] = []
    while True:
        since = numbers[-1] if numbers else 0
        address = f"ws://127.0.0.1:{port}/ws/transcription/{job_id}?since={since}"
        try:
            async with connect(address, proxy=None) as connection:
                async for text in connection:
                    told = json.loads(text)
                    if "seq" in told:
                        numbers.append(told["seq"])
                if connection.close_code == 1000:
                    return numbers
        except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
            pass


async def streamed(port: int, job_id: str) -> list[int]:
    """The same over an event stream, as a browser does it."""
    numbers: list[int] = []
    async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE) as http:
        while True:
            headers = {"Last-Event-ID": str(numbers[-1])} if numbers else {}
            address = f"http://127.0.0.1:{port}/job/{job_id}/events"
            try:
                async with http.stream("GET", address, headers=headers) as answer:
                    if answer.status_code == 204:
                        return numbers
                    event: list[str] = []
                    async for line in answer.aiter_lines():
                        event.append(line)
                        if not line:
                            numbers += [int(x[4:]) for x in event if x.startswith("id: ")]
                            event = []
            except httpx.TransportError:
                pass


@pytest.mark.parametrize("seed", range(4))
async def test_a_client_that_is_cut_off_at_any_byte_misses_nothing(
    tmp_path: Path, seed: int
) -> None:
    async with site(tmp_path) as here, cutting(here, seed) as (cutter, port):
        await here.submit(LONG)
        async with asyncio.timeout(60):
            numbers = await followed(port, "a")
        assert cutter.cuts > 0
        assert numbers == list(range(1, int(str((await here.job("a"))["seq"])) + 1))


@pytest.mark.parametrize("seed", range(4))
async def test_a_browser_whose_stream_breaks_at_any_byte_misses_nothing(
    tmp_path: Path, seed: int
) -> None:
    async with site(tmp_path) as here, cutting(here, seed) as (cutter, port):
        await here.submit(LONG)
        async with asyncio.timeout(60):
            numbers = await streamed(port, "a")
        assert cutter.cuts > 0
        last = int(str((await here.job("a"))["seq"]))
        assert numbers == list(range(numbers[0], last + 1))


async def test_twenty_clients_of_one_job_are_told_the_same(tmp_path: Path) -> None:
    async with site(tmp_path) as here, cutting(here, 7) as (_, port):
        await here.submit(LONG)
        steady = [followed(int(here.url.rpartition(":")[2]), "a") for _ in range(10)]
        torn = [followed(port, "a") for _ in range(10)]
        async with asyncio.timeout(60):
            told = await asyncio.gather(*steady, *torn)
        expected = list(range(1, int(str((await here.job("a"))["seq"])) + 1))
        assert told == [expected] * 20


@pytest.mark.parametrize("actor", [BROADCASTER, JOB_MANAGER])
async def test_an_actor_that_dies_is_not_noticed_by_those_who_watch(
    tmp_path: Path, actor: str
) -> None:
    script = says("one", "two", chunks=6)
    async with site(tmp_path, workers=False) as here:
        await here.submit(script)
        hand = Hand(here, script)
        async with viewing(here, query="?since=0") as watching:
            await hand.prepare()
            await hand.finish()
            await watching.until("progress")
            await here.kill(actor)
            async with viewing(here, query="?since=0") as newcomer:
                await newcomer.until("progress")
                await hand.begin_anew()
                await hand.finish_all()
                for viewer in (watching, newcomer):
                    assert (await viewer.rest())[-1]["type"] == "completed"
        last = int(str((await here.job("a"))["seq"]))
        assert watching.numbers == newcomer.numbers == list(range(1, last + 1))
