"""Reads transcripts page by page, and answers with them while they are read.

The memory that an answer takes does not grow with the transcript.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response, StreamingResponse

from actors.manager.job_manager import JobManager
from retender.transcript.pages import PagedTranscript, Place, TranscriptPage
from retender.transcript.passes import Passes
from serve_app.state.asking import ask_again
from serve_app.state.services import Services

JSON = "application/json"


async def open_text(
    services: Services, job_id: str, owner: str | None = None, version: int | None = None
) -> PagedTranscript:
    """Raises `JobNotFound`, `VersionNotFound`, `Unreachable`; reading on may raise them, too."""

    async def read(place: Place | None) -> TranscriptPage:
        return await ask_again(
            lambda: services.manager.ask(JobManager.transcript, job_id, owner, version, place)
        )

    return await PagedTranscript.open(read)


async def written(text: PagedTranscript, passes: Passes) -> AsyncIterator[bytes]:
    for each in passes:
        yield each.begin()
        if each.reads:
            async for segments in text.pages():
                yield await asyncio.to_thread(each.add, segments)
        yield await asyncio.to_thread(each.end)


async def answer(
    text: PagedTranscript,
    passes: Passes,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A text of one page is answered whole, with its length. A longer one is streamed: if it cannot
    be read to its end, for example because its job is deleted, the connection is broken off."""
    if text.has_one_page:
        content = b"".join([part async for part in written(text, passes)])
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(written(text, passes), media_type=media_type, headers=headers)
