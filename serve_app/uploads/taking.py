"""Recordings on their way in: from the body of a request to the disk, never held in memory.

Nothing is left behind of what does not come whole. What plainly is no recording, and options that
cannot be, are refused as soon as they are seen, not when the last byte is here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, NamedTuple, TypeVar

from fastapi import Request

from retender.audio.containers import ACCEPTED, HEAD_BYTES, foreign_type
from retender.errors import TooLarge, UnsupportedMedia
from retender.storage.audio import Audio
from retender.storage.spool import Upload
from serve_app.services import Services
from serve_app.uploads.multipart import Fields, FormReader

T = TypeVar("T")


class Taken(NamedTuple, Generic[T]):
    asked: T
    audio: Audio | None
    """None: the form has no file."""


class FirstLook:
    """Sees the beginning of a recording go by. Raises `UnsupportedMedia` for what is none."""

    def __init__(self) -> None:
        self._head = b""

    def at(self, data: bytes) -> None:
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
            if (what := foreign_type(self._head)) is not None:
                accepted = ", ".join(ACCEPTED)
                raise UnsupportedMedia(
                    f"this is {what}, not a recording; accepted are {accepted}",
                    accepted=list(ACCEPTED),
                )


class Incoming:
    """A recording being written down."""

    def __init__(self, upload: Upload, services: Services) -> None:
        self._upload = upload
        self._clock = services.clock
        self._look = FirstLook()

    async def write(self, data: bytes) -> None:
        self._look.at(data)
        await self._upload.write(data)

    async def finish(self) -> Audio:
        return await self._upload.finish(at=self._clock.now())


@asynccontextmanager
async def incoming(services: Services) -> AsyncIterator[Incoming]:
    async with services.blobs.receive(limit=services.settings.most_bytes) as upload:
        yield Incoming(upload, services)


async def take_form(
    request: Request,
    services: Services,
    read: Callable[[Fields], T],
    *,
    glance: Callable[[Fields], object] | None = None,
) -> Taken[T]:
    """`read` makes of the fields what is asked for, or raises; `glance` may raise for those that
    come before the recording, and so spare everyone the rest of it."""
    reader = FormReader(request.headers.get("content-type", ""))
    glanced = glance is None
    async with incoming(services) as recording:
        async for data in request.stream():
            for part in reader.feed(data):
                await recording.write(part)
            if reader.has_file and not glanced:
                glanced = True
                assert glance is not None
                glance(reader.fields)
        asked = read(reader.end())
        return Taken(asked, await recording.finish() if reader.has_file else None)


async def take_body(request: Request, services: Services) -> Audio:
    """The body is the recording."""
    limit = services.settings.most_bytes
    if int(request.headers.get("content-length", 0)) > limit:
        raise TooLarge(f"the upload exceeds {limit} bytes", limit=limit)
    async with incoming(services) as recording:
        async for data in request.stream():
            await recording.write(data)
        return await recording.finish()
