"""A hub of models that fits in memory: what it has, what it was asked, and how it fails."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import httpx

REVISION = "0123abc"
PIECE = 1000
OK = 200

FILES = {
    "config.json": b"{}",
    "model.bin": bytes(range(256)) * 40,
    "tokenizer.json": b'{"model": {}}',
    "vocabulary.json": b"[]",
    "README.md": b"not wanted",
    "pytorch_model.bin": b"not wanted either",
}


class ModelHub(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.files = dict(FILES)
        self.breaks_after: list[int] = []
        """Bytes after which the next downloads of `model.bin` break off."""
        self.spoilt = False
        self.down = False
        self.statuses: list[int] = []
        """What the next requests are answered with instead."""
        self.ranges = True
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("no route to host", request=request)
        if self.statuses and (status := self.statuses.pop(0)) != OK:
            return httpx.Response(status, request=request)
        if request.url.path.startswith("/api/models/"):
            self.asked.append("listing")
            return httpx.Response(200, json=self._listing(), request=request)
        name = request.url.path.rpartition("/")[2]
        if f"/resolve/{REVISION}/" not in request.url.path or name not in self.files:
            return httpx.Response(404, request=request)
        begin = 0
        if self.ranges and "range" in request.headers:
            begin = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        self.asked.append(f"{name} from {begin}")
        data = self.files[name]
        if self.spoilt and name == "model.bin":
            data = data[::-1]
        status = 206 if begin else 200
        return httpx.Response(status, stream=_Body(self, name, data[begin:]), request=request)

    def _listing(self) -> object:
        siblings = [_sibling(name, data) for name, data in self.files.items()]
        return json.loads(json.dumps({"sha": REVISION, "siblings": siblings}))


class _Body(httpx.AsyncByteStream):
    def __init__(self, hub: ModelHub, name: str, data: bytes) -> None:
        self._hub = hub
        self._data = data
        self._most = len(data)
        self._broken = name == "model.bin" and bool(hub.breaks_after)
        if self._broken:
            self._most = hub.breaks_after.pop(0)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, self._most, PIECE):
            yield self._data[start : min(start + PIECE, self._most)]
            await self._hub.gate.wait()
        if self._broken:
            raise httpx.ReadError("connection reset by peer")


def _sibling(name: str, data: bytes) -> dict[str, object]:
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    sibling: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": git}
    if name.endswith(".bin"):
        sibling["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return sibling
