"""Connections to addresses that a client has named.

The host name is resolved here, all its addresses are checked, and the connection goes to one of
exactly these addresses. So a name that resolves to another address a moment later has no effect.
The certificate is still checked against the name. Redirects are not followed: the caller must check
each (`addresses.check_parsed_url`), and the connection is checked here in any case.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, NamedTuple

import httpcore
import httpx

from retender.errors import UrlNotAllowed
from retender.outbound import tls
from retender.outbound.addresses import PUBLIC_ONLY, Address, AddressRules, check_addresses
from retender.outbound.limits import ADDRESSES_TRIED, OUTBOUND_CONNECTIONS

Resolve = Callable[[str, int], Awaitable[list[Address]]]

_SOCKET_OPTION = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

_USER_AGENT: Final = "Retender"


async def resolve(host: str, port: int) -> list[Address]:
    """All addresses of the host, in the order that the system prefers."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address") from error
    # A zone (`fe80::1%eth0`) is dropped: such an address is not public anyway.
    texts = dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found)
    return [ipaddress.ip_address(text) for text in texts]


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that the rules allow."""

    def __init__(
        self, rules: AddressRules, resolver: Resolve, network: httpcore.AsyncNetworkBackend
    ) -> None:
        self._rules = rules
        self._resolve = resolver
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[_SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if self._rules.ports and port not in self._rules.ports:
            raise UrlNotAllowed(f"port {port} is not allowed")
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be looked up in time") from error
        check_addresses(host, addresses, self._rules)
        last_error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
        socket_options: Iterable[_SOCKET_OPTION] | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore.AsyncNetworkStream:
        raise UrlNotAllowed(f"{path} is in the file system, not on the internet")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over `CheckedBackend`. Proxies set in the environment are ignored."""

    def __init__(
        self,
        rules: AddressRules = PUBLIC_ONLY,
        *,
        resolver: Resolve = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        trust = trust or tls.trust()
        super().__init__(verify=trust, trust_env=False)
        # httpx has no public way to set a network backend; a test checks that this one is used.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=OUTBOUND_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=CheckedBackend(rules, resolver, network or httpcore.AnyIOBackend()),
        )


def client(transport: httpx.AsyncBaseTransport, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """An HTTP client that follows no redirects and takes no proxy from the environment."""
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
    )


class OutboundAccess(NamedTuple):
    """How the service makes requests to addresses of clients."""

    rules: AddressRules = PUBLIC_ONLY
    transport: Callable[[AddressRules], httpx.AsyncBaseTransport] = CheckedTransport

    def open(self) -> httpx.AsyncBaseTransport:
        return self.transport(self.rules)
