"""Resumable uploads by the tus protocol, version 1.0.0: https://tus.io/protocols/resumable-upload

An upload has its job from its first request, and the job's id: a client can follow the job, and
cancel it, while its recording is still arriving.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from actors.manager.job_manager import JobManager
from retender.cancellation import finish
from retender.errors import (
    AlreadyFinished,
    BadRequest,
    ChecksumMismatch,
    Draining,
    EmptyUpload,
    EngineUnavailable,
    Forbidden,
    InvalidOption,
    JobNotFound,
    NoAnswer,
    QueueFull,
    RateLimited,
    RetenderError,
    StorageDenied,
    StorageFull,
    StorageUnreachable,
    TooLarge,
    Unauthorized,
    UnsupportedMedia,
    UploadExpired,
    UploadLocked,
    UploadStalled,
    WrongOffset,
    WrongTusVersion,
)
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.storage.partial_uploads import PartialUpload, PartialUploadWriter
from serve_app.access import callers
from serve_app.access.callers import Caller, Submitter, Uploader
from serve_app.description import answers
from serve_app.limits import CHECKPOINT_BYTES
from serve_app.middleware import errors
from serve_app.state.services import Given, Services
from serve_app.uploads.arrivals import (
    Arrival,
    complete,
    complete_left,
    fail,
    find_job,
    submit_pending,
)
from serve_app.uploads.checks import check_size
from serve_app.uploads.options import known_among
from serve_app.uploads.submitting import IdempotencyKey, Traced, admit, submission
from serve_app.uploads.tus_headers import (
    ALGORITHMS,
    CONTENT_TYPE,
    EXTENSIONS,
    JOB_ID,
    VERSION,
    Checksum,
    check_type,
    check_version,
    checksum,
    date,
    metadata,
    number,
    overridden_method,
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_COMMON: Final[tuple[type[RetenderError], ...]] = (Unauthorized, Forbidden, WrongTusVersion)


class _TusRoute(APIRoute):
    """Checks the protocol's version in each request, and adds it to each answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return super().matches(scope)
        method = overridden_method(scope)
        match, found = super().matches({**scope, "method": method})
        return match, {**found, "method": method}

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_tus(request: Request) -> Response:
            try:
                if request.method != "OPTIONS":
                    await callers.caller(request)  # before anything else: strangers learn nothing
                    check_version(request.headers)
                answer = await handle(request)
            except RetenderError as error:
                answer = errors.answer(request, error)
                if isinstance(error, WrongTusVersion):
                    answer.headers["Tus-Version"] = VERSION
            answer.headers["Tus-Resumable"] = VERSION
            return answer

        return handle_tus


router = APIRouter(prefix="/uploads", tags=["resumable uploads"], route_class=_TusRoute)


@router.options("", status_code=204)
@router.options("/{job_id}", status_code=204, include_in_schema=False)
async def abilities(services: Given) -> Response:
    """What this server supports of tus."""
    return _answer(
        204,
        {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(services.settings.most_bytes),
            "Tus-Checksum-Algorithm": ALGORITHMS,
        },
    )


@router.post(
    "",
    status_code=201,
    responses=answers.errors(
        *(*_COMMON, BadRequest, EmptyUpload, TooLarge, UnsupportedMedia, InvalidOption),
        *(QueueFull, RateLimited, StorageFull, UploadStalled, Draining, EngineUnavailable),
        *(StorageUnreachable, StorageDenied),
    ),
)
async def create(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """Begin an upload of `Upload-Length` bytes. `Upload-Metadata` may carry the fields of a
    submission. The first bytes may come with it."""
    if "upload-defer-length" in request.headers:
        raise BadRequest("the length must be known from the start: send Upload-Length")
    size = number(request.headers, "Upload-Length")
    fields = metadata(request.headers)
    asked = known_among(fields, priority_max=caller.priority_max)
    if size == 0:
        raise EmptyUpload("the upload is empty")
    check_size(size, services.settings.most_bytes)
    if brings_bytes := "content-type" in request.headers:
        check_type(request.headers)
    await admit(services, key)
    filename = "".join(fields.get("filename", ())[:1])
    new = submission(services, caller, asked, None, key, trace=trace, filename=filename)
    receipt = await submit_pending(services, new, owner=caller.owner, size=size)
    job_id = receipt.job.id
    headers = {"Location": str(request.url_for("upload", job_id=job_id))}
    if receipt.existing:
        return _answer(201, headers | _position(services, *await _found(services, job_id, caller)))
    offset = await _append(request, services, job_id, 0) if brings_bytes else 0
    return _answer(201, headers | _headers(services, receipt.job, offset))


@router.head(
    "/{job_id}",
    name="upload",
    responses=answers.errors(
        *(*_COMMON, JobNotFound, UploadExpired, NoAnswer),
        *(StorageFull, StorageUnreachable, StorageDenied),
    ),
)
async def where(job_id: str, services: Given, caller: Submitter) -> Response:
    """How many bytes have arrived. A request that still sends bytes is stopped."""
    await _found(services, job_id, caller)
    await services.upload_locks.break_lock(job_id)
    job, partial = await _found(services, job_id, caller)
    if partial is not None and partial.whole:
        await complete_left(services, job_id)
    return _answer(200, _position(services, job, partial))


@router.patch(
    "/{job_id}",
    status_code=204,
    responses=answers.errors(
        *(*_COMMON, BadRequest, JobNotFound, WrongOffset, UploadExpired, TooLarge),
        *(UnsupportedMedia, UploadLocked, UploadStalled, ChecksumMismatch, StorageFull, Draining),
        *(StorageUnreachable, StorageDenied),
    ),
    openapi_extra={
        "requestBody": {
            "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}
        }
    },
)
async def append(job_id: str, request: Request, services: Given, caller: Submitter) -> Response:
    """More bytes, from `Upload-Offset` on. What has arrived stays when the connection breaks."""
    check_type(request.headers)
    given = number(request.headers, "Upload-Offset")
    if services.closing.begun:
        raise Draining("the service is stopping; go on shortly", retry_after=10.0)
    job, partial = await _found(services, job_id, caller)
    if partial is None:
        _check_offset(given, _size_of(job))
        return _answer(204, _headers(services, job, given))
    offset = await _append(request, services, job_id, given)
    return _answer(204, _headers(services, job, offset))


@router.delete(
    "/{job_id}",
    status_code=204,
    responses=answers.errors(*_COMMON, JobNotFound, AlreadyFinished),
)
async def end(job_id: str, services: Given, caller: Submitter) -> Response:
    """End the upload and cancel its job."""
    await services.manager.ask(JobManager.cancel, job_id, caller.owner)
    await services.upload_locks.break_lock(job_id)
    await services.partials.drop(job_id)
    return _answer(204, {})


async def _found(
    services: Services, job_id: str, caller: Caller
) -> tuple[Job, PartialUpload | None]:
    """The job, and its upload; None if that is complete. Raises `JobNotFound` or
    `UploadExpired`."""
    job = await find_job(services, job_id, caller.owner)
    partial = await services.partials.look(job_id)
    if job is None or (partial is not None and partial.origin.url):
        raise JobNotFound(f"there is no upload {job_id}")
    if job.status is Status.PENDING and partial is not None:
        return job, partial
    if job.audio is not None and job.status is not Status.CANCELLED:
        return job, None
    await services.partials.drop(job_id)
    raise UploadExpired(f"the upload is over: job {job_id} is {job.status}", status=str(job.status))


async def _append(request: Request, services: Services, job_id: str, given: int) -> int:
    """Write down the bytes that the request brings. However the request ends, the bytes that have
    arrived are kept. Returns the offset of the next byte."""
    check = checksum(request.headers)
    async with services.upload_locks.hold(job_id), services.partials.open(job_id) as writing:
        _check_offset(given, writing.offset)
        size = writing.origin.size or 0
        arrival = Arrival(services, writing, size, size)
        arrival.check_declared(int(request.headers.get("content-length", 0)))
        try:
            await _write(request, writing, arrival, check)
        except UnsupportedMedia as error:
            await fail(services, job_id, error)
            raise
        except BaseException:
            if check is None:
                await finish(writing.keep())
            raise
        if check is not None and not check.matches:
            raise ChecksumMismatch("what came is not what was sent: send this part again")
        await writing.keep()
        arrival.report_progress()
        if writing.whole:
            await complete(services, writing)
        return writing.offset


async def _write(
    request: Request, writing: PartialUploadWriter, arrival: Arrival, check: Checksum | None
) -> None:
    async for data in request.stream():
        if check is not None:
            check.running.update(data)
        elif writing.offset - writing.kept >= CHECKPOINT_BYTES:
            await writing.keep()
        await arrival.write(data)


def _check_offset(given: int, offset: int) -> None:
    if given != offset:
        raise WrongOffset(f"the upload goes on at byte {offset}, not {given}", offset=offset)


def _size_of(job: Job) -> int:
    return 0 if job.audio is None else job.audio.size


def _position(services: Services, job: Job, partial: PartialUpload | None) -> dict[str, str]:
    if partial is None:
        size = _size_of(job)
        return {**_headers(services, job, size), "Upload-Length": str(size)}
    length = {"Upload-Length": str(partial.origin.size)}
    return {**_headers(services, job, partial.offset), **length}


def _headers(services: Services, job: Job, offset: int) -> dict[str, str]:
    headers = {"Upload-Offset": str(offset), JOB_ID: job.id, "Cache-Control": "no-store"}
    if job.audio is None:
        headers["Upload-Expires"] = date(job.created_at + services.settings.upload_seconds)
    return headers


def _answer(status: int, headers: dict[str, str]) -> Response:
    return Response(None, status, headers)
