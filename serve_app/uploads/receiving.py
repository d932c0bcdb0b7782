"""Receives a recording in one request and writes it to disk; it is never held in memory.

If it does not arrive whole, nothing is left on the disk. Files that are no recording, and wrong
options, are refused as soon as they are seen, not after the last byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from fastapi import Request

from retender.errors import BadRequest
from retender.jobs.submission import Receipt
from retender.jobs.trace import Trace
from retender.storage.audio import Audio
from serve_app.access.callers import Caller
from serve_app.state.services import Services
from serve_app.uploads.checks import FirstBytes
from serve_app.uploads.fetching import submit_url
from serve_app.uploads.multipart import Fields, FormReader
from serve_app.uploads.options import Wanted
from serve_app.uploads.submitting import submission, submit

T = TypeVar("T")


class Recording(NamedTuple):
    """The recording that came with a form, and the name of its file."""

    audio: Audio
    filename: str


async def receive_form(
    request: Request,
    services: Services,
    read: Callable[[Fields], T],
    *,
    check_early: Callable[[Fields], object] | None = None,
) -> tuple[T, Recording | None]:
    """What `read` makes of the form's fields, and the recording; None if the form has no file.

    `check_early` is called with the fields that come before the recording. If it raises, the rest
    of the recording need not be sent.
    """
    form = FormReader(request.headers.get("content-type", ""))
    first = FirstBytes()
    async with services.blobs.receive(limit=services.settings.most_bytes) as upload:
        async for data in request.stream():
            for part in form.feed(data):
                first.check(part)
                await upload.write(part)
            if form.has_file and check_early is not None:
                check_early(form.fields)
                check_early = None
        wanted = read(form.end())
        if not form.has_file:
            return wanted, None
        audio = await upload.finish(at=services.clock.now())
        return wanted, Recording(audio, form.filename)


async def receive_body(request: Request, services: Services) -> Audio:
    """The whole body is the recording."""
    first = FirstBytes()
    async with services.blobs.receive(limit=services.settings.most_bytes) as upload:
        async for data in request.stream():
            first.check(data)
            await upload.write(data)
        return await upload.finish(at=services.clock.now())


async def submit_received(
    services: Services,
    caller: Caller,
    wanted: Wanted,
    recording: Recording | None,
    key: str | None,
    *,
    trace: Trace,
) -> Receipt:
    """Submit the recording that came with a form, or the one at the form's `url`."""
    if recording is None:
        return await submit_url(services, caller, wanted, key, trace)
    if wanted.url is not None:
        raise BadRequest("a recording is either sent or fetched: `file` and `url` exclude another")
    audio, filename = recording
    new = submission(services, caller, wanted, audio, key, trace=trace, filename=filename)
    return await submit(services, new)
