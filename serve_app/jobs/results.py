"""Routes that give a job's transcript as a file, and its recording."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Depends
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
    VersionNotFound,
)
from retender.jobs.states import Status
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs
from retender.transcript import files
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.jobs.audio_tickets import by_audio_ticket
from serve_app.jobs.texts import answer, open_text
from serve_app.jobs.transcripts import Version
from serve_app.state.services import Given

router = APIRouter(tags=["jobs"])


class _FileType(NamedTuple):
    media_type: str
    extension: str


_TYPES: Final[Mapping[str, _FileType]] = {
    "aac": _FileType("audio/aac", "aac"),
    "aiff": _FileType("audio/aiff", "aiff"),
    "amr": _FileType("audio/amr", "amr"),
    "asf": _FileType("audio/x-ms-wma", "wma"),
    "caf": _FileType("audio/x-caf", "caf"),
    "flac": _FileType("audio/flac", "flac"),
    "matroska": _FileType("audio/webm", "webm"),
    "mov": _FileType("audio/mp4", "m4a"),
    "mp3": _FileType("audio/mpeg", "mp3"),
    "ogg": _FileType("audio/ogg", "ogg"),
    "w64": _FileType("audio/x-w64", "w64"),
    "wav": _FileType("audio/wav", "wav"),
}
_UNKNOWN: Final = _FileType("application/octet-stream", "bin")
"""An unknown upload never gets a type that a browser would run."""


@router.get(
    "/job/{job_id}/result",
    response_class=Response,
    responses={
        200: {"content": {kind: {} for kind in sorted(set(files.FILE_TYPES.values()))}},
        **answers.errors(JobNotFound, VersionNotFound, NotCompleted, InvalidOption),
    },
)
async def job_result(
    job_id: str,
    services: Given,
    caller: Reader,
    format: files.FileFormat = "json",  # noqa: A002 - its name in the address
    *,
    partial: bool = False,
    version: Version = None,
) -> Response:
    """The transcript as a file. With `partial`, as much of it as there is, whatever the status. It
    has the latest edits, unless a `version` is named; 0 is what was recognised."""
    files.check_installed(format)
    job = (await services.manager.ask(JobManager.status, job_id, caller.owner)).job
    if job.status is not Status.COMPLETED and not partial:
        raise NotCompleted(
            f"job {job_id} is {job.status}; ask with partial=true for what there is of its text",
            status=str(job.status),
        )
    text = await open_text(services, job_id, caller.owner, version)
    passes = files.file_passes(text.about, format, task=str(job.options.task), title=job.name)
    name = f"{job_id}.{files.EXTENSIONS[format]}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return await answer(text, passes, files.FILE_TYPES[format], headers)


@router.get(
    "/job/{job_id}/audio",
    response_class=Response,
    dependencies=[Depends(by_audio_ticket)],
    responses={
        200: {"content": {"audio/*": {}, _UNKNOWN.media_type: {}}},
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
            file_type = await asyncio.to_thread(_file_type, path)
    except UploadExpired:
        raise _not_kept() from None
    headers = {
        "Content-Disposition": f'inline; filename="{job_id}.{file_type.extension}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return _Recording(services.blobs, job.audio, media_type=file_type.media_type, headers=headers)


class _Recording(FileResponse):
    """Keeps the recording from being deleted while it is sent."""

    def __init__(self, blobs: Blobs, audio: Audio, **options: Any) -> None:
        super().__init__(blobs.path(audio), **options)
        self._blobs = blobs
        self._audio = audio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._blobs.lend(self._audio):
            await super().__call__(scope, receive, send)


def _file_type(path: Path) -> _FileType:
    with path.open("rb") as file:
        return _TYPES.get(container_of(file.read(HEAD_BYTES)) or "", _UNKNOWN)


def _not_kept() -> UploadExpired:
    return UploadExpired("the recording of this job is not kept any more, or not here yet")
