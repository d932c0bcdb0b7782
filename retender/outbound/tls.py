"""What the certificates of other machines are checked with."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trust() -> ssl.SSLContext:
    """The authorities that httpx brings. Shared: to read them takes 20 ms, and a client that makes
    one of its own has them in memory once more."""
    return httpx.create_ssl_context(trust_env=False)
