"""The route that gives the transcripts of many jobs as one ZIP."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from actors.manager.job_manager import JobManager
from retender.errors import InvalidOption, JobNotFound, NotCompleted
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.transcript import files
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.jobs.texts import open_text, written
from serve_app.limits import EXPORTED_JOBS, JOB_ID_CHARS
from serve_app.state.services import Given, Services

router = APIRouter(tags=["jobs"])

Ids = Annotated[
    str,
    Query(
        description=f"Up to {EXPORTED_JOBS} ids, with commas between them.",
        min_length=1,
        max_length=EXPORTED_JOBS * (JOB_ID_CHARS + 1),
    ),
]

_ZIP: Final = "application/zip"


@router.get(
    "/jobs/export",
    response_class=Response,
    responses={
        200: {"content": {_ZIP: {}}},
        **answers.errors(JobNotFound, NotCompleted, InvalidOption),
    },
)
async def export(
    services: Given,
    caller: Reader,
    ids: Ids,
    format: files.FileFormat = "txt",  # noqa: A002 - its name in the address
) -> Response:
    """The transcripts of completed jobs, with their latest edits, as one ZIP. Its files are called
    like the jobs."""
    files.check_installed(format)
    jobs = [await _completed(services, job_id, caller.owner) for job_id in _split(ids)]
    headers = {"Content-Disposition": 'attachment; filename="transcripts.zip"'}
    return StreamingResponse(_zipped(services, jobs, format), media_type=_ZIP, headers=headers)


def _split(ids: str) -> list[str]:
    found = list(dict.fromkeys(filter(None, (each.strip() for each in ids.split(",")))))
    if not 0 < len(found) <= EXPORTED_JOBS:
        accepted = f"1 to {EXPORTED_JOBS} ids"
        raise InvalidOption(f"ids: accepted are {accepted}", field="ids", accepted=accepted)
    return found


async def _completed(services: Services, job_id: str, owner: str | None) -> Job:
    job = (await services.manager.ask(JobManager.status, job_id, owner)).job
    if job.status is not Status.COMPLETED:
        raise NotCompleted(f"job {job_id} is {job.status}", job_id=job_id, status=str(job.status))
    return job


class _Written:
    """A file that can only be written to; what was written is taken away from it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


async def _zipped(
    services: Services, jobs: list[Job], kind: files.FileFormat
) -> AsyncIterator[bytes]:
    """One page at a time is in memory. A job that was forgotten meanwhile is left out."""
    zipped = _Written()
    names = files.FileNames(files.EXTENSIONS[kind])
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # it needs no more than this
        for job in jobs:
            try:
                text = await open_text(services, job.id)
            except JobNotFound:
                continue
            info = zipfile.ZipInfo(names.take(job.name, job.id), _zip_time(job))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            passes = files.file_passes(text.about, kind, task=str(job.options.task), title=job.name)
            with archive.open(info, "w") as file:
                async for part in written(text, passes):
                    await asyncio.to_thread(file.write, part)
                    yield zipped.take()
            yield zipped.take()
    yield zipped.take()


def _zip_time(job: Job) -> tuple[int, int, int, int, int, int]:
    """A ZIP knows no time before 1980."""
    at = datetime.fromtimestamp(job.completed_at or job.created_at, UTC)
    return (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second)
