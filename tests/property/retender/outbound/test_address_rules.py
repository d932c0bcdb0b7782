"""No spelling of an address leads into a network that is not everybody's.

What the service connects to is compared with what an independent reading makes of the URL: the
system's own `inet_aton`, which takes every spelling of IPv4 that a C library takes, and the
registries of IANA as Python's `ipaddress` has them.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpcore
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retender.errors import RetenderError, UrlNotAllowed
from retender.jobs.names import name_from_url
from retender.outbound.addresses import (
    Address,
    AddressRules,
    check_parsed_url,
    check_url,
    is_public,
)
from retender.outbound.connections import CheckedBackend, resolve

ANY_PORT = AddressRules(schemes=("http", "https"), ports=())
HTTPS = 443

V4 = st.ip_addresses(v=4)
PRIVATE_V4 = st.one_of(
    st.sampled_from(
        [
            *("127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "172.16.0.0/12"),
            *("0.0.0.0/8", "100.64.0.0/10", "224.0.0.0/4", "240.0.0.0/4", "198.18.0.0/15"),
        ]
    ).flatmap(lambda network: st.ip_addresses(network=network))
)
V6 = st.ip_addresses(v=6)


def _spellings(address: ipaddress.IPv4Address) -> list[str]:
    """What C libraries read as this address."""
    number = int(address)
    a, b, c, d = address.packed
    return [
        str(address),
        str(number),
        f"0x{number:x}",
        f"0X{number:08X}",
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0{a:o}.{b}.{c}.{d}",
        f"0x{a:x}.0x{b:x}.{c}.0{d:o}",
        f"{a:03d}.{b:03d}.{c:03d}.{d:03d}",
        f"{address}.",
        str(address).replace(".", "\u3002"),
        str(address).translate({48 + n: 0xFF10 + n for n in range(10)}),
        f"[::ffff:{address}]",
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]",
        f"[::ffff:{a:02x}{b:02x}:{c:02x}{d:02x}]",
        f"[0:0:0:0:0:ffff:{address}]",
        f"[::ffff:{address}%25eth0]",
    ]


class _Recorder(httpcore.AsyncNetworkBackend):
    """Notes what is connected to, and connects to nothing."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def connect_tcp(
        self, host: str, port: int, *_: object, **__: object
    ) -> httpcore.AsyncNetworkStream:
        self.reached.append(host)
        raise httpcore.ConnectError("nothing is connected to in a test")


async def _reached(url: httpx.URL, rules: AddressRules) -> list[str]:
    """The addresses that the real resolver and the real rules let this URL connect to. Names are
    not looked up: only what is a spelling of an address."""

    async def numeric(host: str, port: int) -> list[Address]:
        try:
            socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("a name") from error
        return await resolve(host, port)

    network = _Recorder()
    backend = CheckedBackend(rules, numeric, network)
    with contextlib.suppress(httpcore.ConnectError, UrlNotAllowed):
        await backend.connect_tcp(url.raw_host.decode("ascii"), url.port or 443)
    return network.reached


def _literal(host: str) -> str | None:
    """The address that the system sees in this host without looking anything up."""
    try:
        found = socket.getaddrinfo(host, 443, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])


def _independently_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inside is not None:
            return False
    return found.is_global and not found.is_multicast


@given(PRIVATE_V4, st.integers(0, 19), st.sampled_from(["", ":443", ":"]))
async def test_no_spelling_of_a_private_address_is_connected_to(
    address: ipaddress.IPv4Address, spelling: int, port: str
) -> None:
    host = _spellings(address)[spelling]
    try:
        url = check_url(f"https://{host}{port}/a.mp3", ANY_PORT)
    except UrlNotAllowed:
        return
    assert _literal(url.host) is None, "what is an address is refused before it is connected to"
    assert await _reached(url, ANY_PORT) == []


@given(st.integers(0, 65_535))
@example(0)
def test_only_the_ports_of_the_rules_are_asked_for(port: int) -> None:
    try:
        check_url(f"https://example.org:{port}/")
    except UrlNotAllowed:
        assert port != HTTPS
    else:
        assert port == HTTPS


@given(V4 | V6)
@example(ipaddress.ip_address("168.63.129.16"))
@example(ipaddress.ip_address("192.88.99.1"))
def test_what_counts_as_public_is_public_by_the_registries(address: Address) -> None:
    if is_public(address):
        assert _independently_public(str(address))


@given(V4)
def test_what_the_system_reads_as_ipv4_is_judged_like_it(address: ipaddress.IPv4Address) -> None:
    for host in _spellings(address)[:10]:
        try:
            meant = ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            continue
        assert isinstance(meant, ipaddress.IPv4Address)
        assert is_public(meant) <= _independently_public(str(meant))


_PIECES = st.one_of(
    st.sampled_from(
        [
            *("https://", "http://", "HTTPS:", "//", "/", "\\", "@", ":", "#", "?", "[", "]", "%"),
            *("127.0.0.1", "localhost", "example.org", "xn--", "xn--a", "::1", "0", "443", "65536"),
            *(
                "\u3002",
                "\u2100",
                "\u00ad",
                "\u200b",
                "ß",
                "é",
                "İ",
                "a.b",
                "..",
                "-",
                "%00",
                "%2f",
            ),
            *("99999999999", "٣", "\u2488", "user:pass", "e" * 64, "e." * 130),
        ]
    ),
    st.text(max_size=5),
)
URLS = st.lists(_PIECES, max_size=8).map("".join) | st.lists(_PIECES, max_size=8).map(
    lambda pieces: "https://" + "".join(pieces)
)


@given(URLS)
@example("https://\u2100/")
@example("https://example.org:65536/")
@example("https://[::1%25a]/")
@example("https://xn--/")
@example("https://example.org]/")
@example("https://example.org/[")
@example("https://a]@example.org")
@example("https://xn--a-/")
@example("https://xn--\u0c0d/")
async def test_any_text_is_a_url_that_may_be_asked_for_or_refused(text: str) -> None:
    try:
        url = check_url(text, ANY_PORT)
    except UrlNotAllowed:
        return
    assert url.scheme in {"http", "https"}
    assert not url.userinfo
    name_from_url(text)
    # So the receiver of a webhook is named, in the transaction in which its job ends.
    assert urlsplit(text).hostname
    for address in await _reached(url, ANY_PORT):
        assert _independently_public(address)


@given(URLS | st.text(max_size=20))
@example("https://[")
@example("//\u2100")
@example("https://example.org:x/")
@example("https://xn--/a.mp3")
def test_a_redirect_leads_to_an_allowed_address_or_nowhere(location: str) -> None:
    here = httpx.URL("https://example.org/a/b")
    try:
        there = here.join(location)
    except httpx.InvalidURL:
        return
    try:
        check_parsed_url(there, ANY_PORT)
    except RetenderError:
        return
    assert there.scheme in {"http", "https"}


@pytest.mark.parametrize("host", _spellings(ipaddress.IPv4Address("127.0.0.1")))
async def test_each_spelling_of_this_machine_is_refused(host: str) -> None:
    reached: Iterable[str] = ()
    with contextlib.suppress(UrlNotAllowed):
        reached = await _reached(check_url(f"https://{host}/", ANY_PORT), ANY_PORT)
    assert list(reached) == []
