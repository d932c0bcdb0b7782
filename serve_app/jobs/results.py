"""Transcripts as files, and the recordings that they are of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from actors.manager.job_manager import JobManager
from retender.audio.containers import HEAD_BYTES, container_of
from retender.errors import (
    InvalidOption,
    JobNotFound,
    NotCompleted,
    StorageDenied,
    StorageUnreachable,
    UploadExpired,
)
from retender.jobs.states import Status
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs
from retender.transcript.formats import MEDIA_TYPES, Format, render
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.services import Given

router = APIRouter(tags=["jobs"])


class _Kind(NamedTuple):
    media_type: str
    ending: str


_KINDS: Final[Mapping[str, _Kind]] = {
    "aac": _Kind("audio/aac", "aac"),
    "aiff": _Kind("audio/aiff", "aiff"),
    "amr": _Kind("audio/amr", "amr"),
    "asf": _Kind("audio/x-ms-wma", "wma"),
    "caf": _Kind("audio/x-caf", "caf"),
    "flac": _Kind("audio/flac", "flac"),
    "matroska": _Kind("audio/webm", "webm"),
    "mov": _Kind("audio/mp4", "m4a"),
    "mp3": _Kind("audio/mpeg", "mp3"),
    "ogg": _Kind("audio/ogg", "ogg"),
    "w64": _Kind("audio/x-w64", "w64"),
    "wav": _Kind("audio/wav", "wav"),
}
_UNKNOWN: Final = _Kind("application/octet-stream", "bin")
"""What a stranger uploaded is never told to be anything that a browser would run."""

_ENDINGS: Final[Mapping[Format, str]] = {"verbose_json": "json"}


@router.get(
    "/job/{job_id}/result",
    response_class=Response,
    responses={
        200: {"content": {kind: {} for kind in sorted(set(MEDIA_TYPES.values()))}},
        **answers.errors(JobNotFound, NotCompleted, InvalidOption),
    },
)
async def job_result(
    job_id: str,
    services: Given,
    caller: Reader,
    format: Format = "json",  # noqa: A002 - its name in the address
    partial: bool = False,
) -> Response:
    """The transcript as a file. With `partial`, as far as it goes, whatever became of the job."""
    job = (await services.manager.ask(JobManager.status, job_id, caller.owner)).job
    if job.status is not Status.COMPLETED and not partial:
        raise NotCompleted(
            f"job {job_id} is {job.status}; ask with partial=true for what there is of its text",
            status=str(job.status),
        )
    transcript = await services.manager.ask(JobManager.transcript, job_id, caller.owner)
    text = render(transcript, format, task=str(job.options.task))
    name = f"{job_id}.{_ENDINGS.get(format, format)}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(text.encode(), media_type=MEDIA_TYPES[format], headers=headers)


@router.get(
    "/job/{job_id}/audio",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}},
        206: {"description": "The range that was asked for."},
        416: {"description": "There is no such range."},
        **answers.errors(JobNotFound, UploadExpired, StorageUnreachable, StorageDenied),
    },
)
async def job_audio(job_id: str, services: Given, caller: Reader) -> Response:
    """The recording as it was uploaded. Players may ask for ranges of it."""
    job = (await services.manager.ask(JobManager.status, job_id, caller.owner)).job
    if job.audio is None:
        raise _not_kept()
    try:
        async with services.blobs.lend(job.audio) as path:
            kind = await asyncio.to_thread(_kind_of, path)
    except UploadExpired:
        raise _not_kept() from None
    headers = {
        "Content-Disposition": f'inline; filename="{job_id}.{kind.ending}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return _Recording(services.blobs, job.audio, media_type=kind.media_type, headers=headers)


class _Recording(FileResponse):
    """It is lent for as long as it is being sent."""

    def __init__(self, blobs: Blobs, audio: Audio, **how: Any) -> None:
        super().__init__(blobs.path(audio), **how)
        self._blobs = blobs
        self._audio = audio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._blobs.lend(self._audio):
            await super().__call__(scope, receive, send)


def _kind_of(path: Path) -> _Kind:
    with path.open("rb") as file:
        return _KINDS.get(container_of(file.read(HEAD_BYTES)) or "", _UNKNOWN)


def _not_kept() -> UploadExpired:
    return UploadExpired("the recording of this job is not kept any more, or not here yet")
