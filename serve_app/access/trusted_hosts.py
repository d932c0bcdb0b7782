"""Which names this service answers to, so that no web page reads it by DNS rebinding.

A page of the internet can let its own name point to this machine, and then ask the service as if
it were its own. Such a request carries the page's name in `Host`. Names that nobody can register
on the internet are trusted, and addresses, which cannot be made to point elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from serve_app.access.networks import address_in

ANY: Final = "*"

_PRIVATE: Final = (".localhost", ".local", ".internal", ".home.arpa", ".test")
"""Endings that are reserved for networks of one's own (RFC 6761, RFC 6762, RFC 8375, ICANN)."""


def trusted(host: str, others: Collection[str]) -> bool:
    """`host` is the header; `others` are the names that the owner trusts."""
    name = _name(host)
    if ANY in others or name in others or any(_below(name, other) for other in others):
        return True
    if address_in(name) is not None:
        return True
    return bool(name) and ("." not in name or name.endswith(_PRIVATE))


def welcome(origin: str | None, host: str, others: Collection[str]) -> bool:
    """Whether a page from this origin may change anything here, or open a socket. Browsers say
    which page asks; programs say nothing. Pages from the service's own host may."""
    if origin is None or ANY in others or origin in others:
        return True
    return _netloc(origin) == host.lower()


def _netloc(origin: str) -> str | None:
    """None if the origin is no address: no page has it."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _below(name: str, other: str) -> bool:
    """`*.example.org` stands for every name below `example.org`."""
    return other.startswith("*.") and name.endswith(other[1:])
