"""HTTP as all sources use it: bounded waits, resumed downloads, and errors in words."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from retender.outbound.tls import trust

CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 30.0

_BUSY: Final = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)
_TOTAL: Final = re.compile(r"bytes .*/(\d+)")


def new_client(
    base_url: str = "",
    *,
    headers: dict[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    proxy: str | None = None,
    verify: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """`transport` replaces the network in tests."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        transport=transport,
        proxy=proxy,
        verify=verify or trust(),
        trust_env=False,
        follow_redirects=True,
        timeout=httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS),
    )


async def read_bounded(
    client: httpx.AsyncClient, url: str, most: int, headers: dict[str, str] | None = None
) -> tuple[httpx.Response, bytes]:
    """The whole answer. Raises `ValueError` if it is longer than `most` bytes."""
    body = bytearray()
    async with client.stream("GET", url, headers=headers) as response:
        response.raise_for_status()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > most:
                raise ValueError(f"the answer of {response.url.host} does not end")
    return response, bytes(body)


@asynccontextmanager
async def resumed(
    client: httpx.AsyncClient, url: str, begin: int
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """The bytes at this URL, and their offset: `begin`, or 0 if the server cannot resume."""
    headers = {"Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    async with client.stream("GET", url, headers=headers) as response:
        response.raise_for_status()
        partial = response.status_code == httpx.codes.PARTIAL_CONTENT
        yield (begin if partial else 0), response.aiter_bytes()


async def size_of(client: httpx.AsyncClient, url: str) -> int:
    """The size of the file at this URL, of which one byte is read where the server can."""
    headers = {"Accept-Encoding": "identity", "Range": "bytes=0-0"}
    async with client.stream("GET", url, headers=headers) as response:
        response.raise_for_status()
        total = _TOTAL.fullmatch(response.headers.get("Content-Range", ""))
        size = total.group(1) if total else response.headers.get("Content-Length", "")
    if not size.isdecimal():
        raise ValueError(f"{response.url.host} does not say how large the file is")
    return int(size)


def is_transient(error: httpx.HTTPError) -> bool:
    """Whether a retry may succeed: the connection broke, or the server is overloaded."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return status in _BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR
    return isinstance(error, httpx.TransportError)


def reason(error: Exception) -> str:
    """Why the request failed, without the URL's credentials."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.request.url.host} answers with status {error.response.status_code}"
    return str(error) or type(error).__name__
