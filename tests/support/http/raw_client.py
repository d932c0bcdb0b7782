"""A client that speaks HTTP by hand: one that is slow, lies, or leaves in the middle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

BOUNDARY = "cut-here"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        code: str = json.loads(self.body)["error"]["code"]
        return code


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, method: str, path: str, **headers: Any) -> None:
        """Underscores in names of headers stand for hyphens."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send(
            "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *lines, "", "")).encode()
        )

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def answer(self, *, bodyless: bool = False) -> Answer:
        """`bodyless`: to a HEAD."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        length = 0 if bodyless else int(headers.get("content-length", 0))
        body = await self._reader.readexactly(length)
        return Answer(int(first.split()[1]), headers, body)

    async def closed(self) -> bool:
        """Waits for the other side to close."""
        return not await self._reader.read()

    def leave(self) -> None:
        """At once, with whatever is under way."""
        self._writer.transport.abort()


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


def part(name: str, data: bytes, *, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
