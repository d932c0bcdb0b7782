"""Connections go to addresses that were checked, and to nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
import pytest

from retender.errors import UrlNotAllowed
from retender.outbound.addresses import PUBLIC_ONLY, Address, AddressRules
from retender.outbound.connections import CheckedTransport, client, resolve

TIMEOUT = httpx.Timeout(5.0)


class Dialled(Exception):
    """It would have connected."""


class Wire(httpcore.AsyncNetworkBackend):
    """Writes down where it would have connected to."""

    def __init__(self, *, refusing: tuple[str, ...] = ()) -> None:
        self.dialled: list[str] = []
        self._refusing = refusing

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(f"{host}:{port}")
        if host in self._refusing:
            raise httpcore.ConnectError("refused")
        raise Dialled


class Names:
    """A resolver whose answers change from question to question."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = iter(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return [ipaddress.ip_address(each) for each in next(self._answers)]


async def get(url: str, names: Names, wire: Wire, rules: AddressRules = PUBLIC_ONLY) -> None:
    transport = CheckedTransport(rules, resolver=names, network=wire)
    async with client(transport, TIMEOUT) as http:
        await http.get(url)


async def test_a_public_name_is_connected_to_at_the_address_that_was_checked() -> None:
    wire = Wire()
    with pytest.raises(Dialled):
        await get("https://example.org/", Names(("93.184.216.34",)), wire)
    assert wire.dialled == ["93.184.216.34:443"]


@pytest.mark.parametrize("found", [("127.0.0.1",), ("1.1.1.1", "10.0.0.1"), ("::ffff:1.1.1.1",)])
async def test_a_name_that_stands_for_anything_private_is_not_connected_to(
    found: tuple[str, ...],
) -> None:
    wire = Wire()
    with pytest.raises(UrlNotAllowed):
        await get("https://example.org/", Names(found), wire)
    assert wire.dialled == []


async def test_a_name_that_changes_its_mind_is_asked_only_once() -> None:
    wire, names = Wire(), Names(("1.1.1.1",), ("127.0.0.1",))
    with pytest.raises(Dialled):
        await get("https://example.org/", names, wire)
    assert (names.asked, wire.dialled) == (1, ["1.1.1.1:443"])


async def test_another_port_is_not_connected_to() -> None:
    wire = Wire()
    with pytest.raises(UrlNotAllowed):
        await get("https://example.org:22/", Names(("1.1.1.1",)), wire)
    assert wire.dialled == []


async def test_where_one_address_does_not_answer_the_next_is_tried() -> None:
    wire = Wire(refusing=("1.1.1.1",))
    with pytest.raises(Dialled):
        await get("https://example.org/", Names(("1.1.1.1", "1.0.0.1")), wire)
    assert wire.dialled == ["1.1.1.1:443", "1.0.0.1:443"]


async def test_only_so_many_addresses_of_a_name_are_tried() -> None:
    addresses = tuple(f"1.1.1.{n}" for n in range(50))
    wire = Wire(refusing=addresses)
    with pytest.raises(httpx.ConnectError):
        await get("https://example.org/", Names(addresses), wire)
    assert len(wire.dialled) == 4


async def test_a_name_without_an_address_is_out_of_reach() -> None:
    with pytest.raises(httpx.ConnectError):
        await get("https://example.org/", Names(()), Wire())


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost"])
async def test_the_systems_own_ways_of_writing_this_machine_are_seen_through(host: str) -> None:
    wire = Wire()
    transport = CheckedTransport(resolver=resolve, network=wire)
    async with client(transport, TIMEOUT) as http:
        with pytest.raises(UrlNotAllowed):
            await http.get(f"https://{host}/")
    assert wire.dialled == []


async def test_a_proxy_in_the_environment_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    wire = Wire()
    with pytest.raises(Dialled):
        await get("https://example.org/", Names(("1.1.1.1",)), wire)
    assert wire.dialled == ["1.1.1.1:443"]


async def test_looking_up_a_name_takes_no_longer_than_connecting_may() -> None:
    async def never(_host: str, _port: int) -> list[Address]:
        await asyncio.Event().wait()
        raise AssertionError

    transport = CheckedTransport(resolver=never, network=Wire())
    async with client(transport, httpx.Timeout(0.05)) as http:
        with pytest.raises(httpx.ConnectTimeout):
            await http.get("https://example.org/")
