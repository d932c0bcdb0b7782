"""The commands' own client: it follows a job whatever becomes of the network and the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from deployments.client import following
from deployments.client.client import Client, NoService
from deployments.client.following import follow
from deployments.limits import SOCKET_TRIES
from retender.errors import JobNotFound
from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import Site, says, site

LONG = says("la", "lo", takes=0.02, chunks=25)
DEADLINE = 60.0


class Network:
    """Between client and service: it can lose sockets, or let none through."""

    def __init__(self) -> None:
        self.port = 0
        """Of the service."""
        self.sockets = True
        self.up = True
        self.opened = 0
        self._lines: set[asyncio.Task[None]] = set()

    def leads_to(self, here: Site) -> None:
        self.port = int(here.url.rpartition(":")[2])
        self.up = True

    def cut(self) -> None:
        for line in self._lines:
            line.cancel()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._carry(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            upgrade = b"upgrade: websocket" in head.lower()
            self.opened += upgrade
            if not self.up or (upgrade and not self.sockets):
                return
            service, to_service = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                to_service.write(head)
                async with asyncio.TaskGroup() as group:
                    up = group.create_task(_pump(reader, to_service))
                    await _pump(service, writer)
                    up.cancel()
            finally:
                to_service.transport.abort()
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def network(here: Site | None = None) -> AsyncIterator[tuple[Network, Client]]:
    between = Network()
    if here is not None:
        between.leads_to(here)
    server = await asyncio.start_server(between.connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(f"http://127.0.0.1:{port}") as client:
        yield between, client
        between.cut()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are for services that are overrun."""
    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(following, "ASK_SECONDS", 0.01)


async def all_of(client: Client, job_id: str = "a") -> list[dict[str, Any]]:
    async with asyncio.timeout(DEADLINE), aclosing(follow(client, job_id)) as news:
        return [told async for told in news]


def numbers(told: list[dict[str, Any]]) -> list[int]:
    return [each["seq"] for each in told if "seq" in each]


async def last_number(here: Site) -> int:
    return int(str((await here.job("a"))["seq"]))


async def test_everything_is_told_once_and_in_order(tmp_path: Path) -> None:
    async with site(tmp_path) as here, Client(here.url) as client:
        await here.submit(LONG)
        told = await all_of(client)
        assert told[-1]["type"] == "completed"
        assert numbers(told) == list(range(1, await last_number(here) + 1))


async def test_of_a_finished_job_all_is_told_as_well(tmp_path: Path) -> None:
    async with site(tmp_path) as here, Client(here.url) as client:
        await here.submit(LONG)
        await here.ended("a")
        assert numbers(await all_of(client)) == list(range(1, await last_number(here) + 1))


async def test_a_network_that_breaks_again_and_again_costs_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as here, network(here) as (between, client):
        await here.submit(LONG)
        told = []
        async with asyncio.timeout(DEADLINE), aclosing(follow(client, "a")) as news:
            async for each in news:
                told.append(each)
                if each.get("seq", 0) % 5 == 3:
                    between.cut()
        assert between.opened > 3
        assert numbers(told) == list(range(1, await last_number(here) + 1))


async def test_where_no_socket_gets_through_the_job_is_asked_after(tmp_path: Path) -> None:
    script = says("la", "lo", chunks=2)
    async with site(tmp_path, workers=False) as here, network(here) as (between, client):
        between.sockets = False
        await here.submit(script)
        hand = Hand(here, script)
        await hand.prepare()
        async with asyncio.timeout(DEADLINE), aclosing(follow(client, "a")) as news:
            first = await anext(news)
            assert (first["type"], first["data"]["status"]) == ("status", "processing")
            await hand.finish_all()
            told = [each async for each in news]
        assert told[-1]["data"]["status"] == "completed"


async def test_sockets_that_get_through_again_are_used_again(tmp_path: Path) -> None:
    script = says("la", "lo", chunks=2)
    async with site(tmp_path, workers=False) as here, network(here) as (between, client):
        between.sockets = False
        await here.submit(script)
        hand = Hand(here, script)
        await hand.prepare()
        async with asyncio.timeout(DEADLINE), aclosing(follow(client, "a")) as news:
            while between.opened < SOCKET_TRIES:
                await anext(news)
            between.sockets = True
            while "seq" not in await anext(news):
                pass
            await hand.finish_all()
            told = [each async for each in news]
        assert told[-1]["type"] == "completed"


async def test_a_service_that_stops_and_comes_back_is_come_back_to(tmp_path: Path) -> None:
    async with network() as (between, client):
        async with site(tmp_path) as here:
            between.leads_to(here)
            await here.submit(LONG)
            told: list[dict[str, Any]] = []
            news = follow(client, "a")
            async with asyncio.timeout(DEADLINE):
                while not numbers(told) or numbers(told)[-1] < 6:
                    told.append(await anext(news))
        between.up = False
        rest = asyncio.create_task(_rest(news))
        async with site(tmp_path) as again:
            between.leads_to(again)
            told += await rest
            assert told[-1]["type"] == "completed"
            assert numbers(told) == list(range(1, await last_number(again) + 1))


async def _rest(news: AsyncGenerator[dict[str, Any], None]) -> list[dict[str, Any]]:
    async with asyncio.timeout(DEADLINE), aclosing(news):
        return [told async for told in news]


async def test_a_job_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    async with site(tmp_path) as here, Client(here.url) as client:
        with pytest.raises(JobNotFound):
            await all_of(client, "nobody")


async def test_a_service_that_stays_away_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(tmp_path, workers=False) as here, network(here) as (between, client):
        await here.submit(LONG)
        async with aclosing(follow(client, "a")) as news:
            await anext(news)
            monkeypatch.setattr(following, "SILENCE_SECONDS", 0.2)
            between.up = False
            between.cut()
            with pytest.raises(NoService, match="no service answers"):
                await _rest(news)
