"""Which network addresses the service may connect to when a client names them.

A client that names an address (a recording to fetch, a webhook to call) could name one that only
this machine can reach: a neighbour, a database, the cloud's metadata service. So the service
connects only to addresses that everyone on the internet can reach. The rules are here;
`connections` applies them when it connects, to the address that it really connects to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Final

import httpx
import msgspec

from retender.errors import UrlNotAllowed
from retender.outbound.limits import URL_CHARS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS: Final = {"http": 80, "https": 443}


class AddressRules(msgspec.Struct, frozen=True, kw_only=True):
    schemes: tuple[str, ...] = ("https",)
    ports: tuple[int, ...] = (443,)
    """Empty: any port."""
    private: bool = False
    """Whether private addresses are allowed: for services that trust all their clients."""


PUBLIC_ONLY: Final = AddressRules()


def _networks(*names: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(name) for name in names)


_HOST: Final = re.compile(rb"[A-Za-z0-9._-]*|[0-9A-Fa-f:.]+")
"""A name, or an address of IPv4 or IPv6."""

_NOT_PUBLIC: Final = _networks(
    "0.0.0.0/8",  # this machine
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # behind a provider's address translation
    "127.0.0.0/8",  # loopback
    "168.63.129.16/32",  # the host of machines in Azure
    "169.254.0.0/16",  # link-local, and the metadata of most clouds
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # protocol assignments
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",  # relays to 6to4
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
    "2001::/23",  # protocol assignments, Teredo among them: it carries IPv4
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4: carries IPv4
    "3fff::/20",  # documentation
)

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All other IPv6 is loopback, link-local, private, mapped or translated IPv4, or multicast."""


def is_public(address: Address) -> bool:
    """Whether this address leads to the same machine for everyone on the internet."""
    if address.version == 6 and address not in _GLOBAL_UNICAST:  # noqa: PLR2004 - IPv6
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def check_url(url: str, rules: AddressRules = PUBLIC_ONLY) -> httpx.URL:
    """The URL as it will be requested. Raises `UrlNotAllowed`, which says what is allowed."""
    if len(url) > URL_CHARS:
        raise UrlNotAllowed(f"the URL is longer than {URL_CHARS} characters", limit=URL_CHARS)
    if any(char.isspace() or not char.isprintable() for char in url):
        raise UrlNotAllowed("the URL has spaces or control characters in it")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlNotAllowed(f"that is no URL: {error}") from error
    check_parsed_url(parsed, rules)
    return parsed


def check_parsed_url(url: httpx.URL, rules: AddressRules = PUBLIC_ONLY) -> None:
    if url.scheme not in rules.schemes:
        accepted = " or ".join(f"{scheme}://" for scheme in rules.schemes)
        raise UrlNotAllowed(f"the URL must begin with {accepted}", accepted=list(rules.schemes))
    host = _host(url)
    if not host:
        raise UrlNotAllowed("the URL names no host")
    if url.userinfo:
        raise UrlNotAllowed("the URL may carry no user name or password")
    port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
    if rules.ports and port not in rules.ports:
        accepted = ", ".join(map(str, rules.ports))
        raise UrlNotAllowed(f"port {port} is not allowed; allowed is {accepted}")
    literal = _literal(host)
    if literal is not None:
        check_addresses(host, (literal,), rules)


def check_addresses(
    host: str, addresses: Iterable[Address], rules: AddressRules = PUBLIC_ONLY
) -> None:
    """All addresses of a host must be allowed, since any of them may be used. The error does not
    contain the address: the client must not learn it."""
    if not rules.private and not all(map(is_public, addresses)):
        raise UrlNotAllowed(f"{host} is not an address on the public internet")


def _host(url: httpx.URL) -> str:
    """httpx takes hosts that cannot be: Punycode that is none, and `]`, at which other parsers
    fail."""
    if not _HOST.fullmatch(url.raw_host):
        raise UrlNotAllowed("the URL names a host that cannot be")
    try:
        return url.host
    except UnicodeError as error:
        raise UrlNotAllowed("the URL names a host that cannot be: it is no Punycode") from error


def _literal(host: str) -> Address | None:
    """The address, if the host is one and no name. IPv4 has many spellings for the system, which
    looks the host up in the end: `127.1`, `0x7f000001`."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, ValueError):
        return None
