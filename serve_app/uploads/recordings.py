"""Routes that submit a recording: answered with a job's id at once, or with the result."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from retender import errors
from retender.audio.containers import ACCEPTED
from retender.jobs.submission import Receipt
from retender.transcript.formats import result_passes
from retender.transcript.passes import members
from serve_app.access.callers import Uploader
from serve_app.description import answers
from serve_app.jobs.receipts import receipt_body
from serve_app.jobs.shapes import ReceiptShape
from serve_app.jobs.texts import answer, open_text
from serve_app.live.waiting import until_done
from serve_app.state.services import Given
from serve_app.uploads import shapes
from serve_app.uploads.multipart import Fields
from serve_app.uploads.options import KNOWN, known_among, refuse_unknown, wanted
from serve_app.uploads.receiving import receive_body, receive_form, submit_received
from serve_app.uploads.submitting import IdempotencyKey, Traced, admit, submission, submit

router = APIRouter(tags=["submitting"])

REPLAYED: Final = "Idempotent-Replayed"

_REFUSALS: Final[tuple[type[errors.RetenderError], ...]] = (
    *(errors.BadRequest, errors.EmptyUpload, errors.IncompleteUpload, errors.UrlNotAllowed),
    *(errors.UploadStalled, errors.IdempotencyConflict, errors.TooLarge, errors.UnsupportedMedia),
    *(errors.InvalidOption, errors.RateLimited, errors.QueueFull, errors.Draining),
    *(errors.EngineUnavailable, errors.StorageFull, errors.StorageUnreachable),
    errors.StorageDenied,
)
_FAILURES: Final[tuple[type[errors.RetenderError], ...]] = (
    *(errors.JobCancelled, errors.NoAudioStream, errors.CorruptMedia, errors.TooLong),
    *(errors.EngineFailed, errors.FetchFailed, errors.UploadExpired, errors.ModelUnavailable),
    *(errors.WorkerCrashed, errors.WorkerSilent),
)


@router.post(
    "/transcribe-job",
    status_code=202,
    responses={202: {"model": ReceiptShape}, **answers.errors(*_REFUSALS)},
    openapi_extra=shapes.form(),
)
async def transcribe_job(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """Submit a recording. Once this is answered, recording and job are safely on disk."""
    await admit(services, key)
    read = partial(wanted, priority_max=caller.priority_max)
    asked, recording = await receive_form(request, services, read, check_early=read)
    return _accepted(
        await submit_received(services, caller, asked, recording, key, trace=trace), request
    )


@router.put(
    "/transcribe-job",
    status_code=202,
    responses={202: {"model": ReceiptShape}, **answers.errors(*_REFUSALS)},
    openapi_extra=shapes.body(),
)
async def transcribe_body(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """The same for clients that stream: the body is the recording, the options are in the query."""
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        raise errors.UnsupportedMedia(
            "the body of a PUT is the recording itself; a form is sent with POST",
            accepted=list(ACCEPTED),
        )
    fields = _query(request)
    refuse_unknown(fields, KNOWN - {"url"} | {"filename"})
    asked = known_among(fields, priority_max=caller.priority_max)
    await admit(services, key)
    audio = await receive_body(request, services)
    filename = "".join(fields.get("filename", ())[:1])
    new = submission(services, caller, asked, audio, key, trace=trace, filename=filename)
    receipt = await submit(services, new)
    return _accepted(receipt, request)


@router.post(
    "/transcribe",
    responses={
        200: {"model": shapes.TranscribedShape},
        **answers.errors(*_REFUSALS, *_FAILURES),
    },
    openapi_extra=shapes.form(),
)
async def transcribe(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """Submit a recording and wait for its transcript. Hanging up cancels the job, unless an
    `Idempotency-Key` says that its sender may come back for it."""
    await admit(services, key)
    read = partial(wanted, priority_max=caller.priority_max)
    asked, recording = await receive_form(request, services, read, check_early=read)
    receipt = await submit_received(services, caller, asked, recording, key, trace=trace)
    job_id = receipt.job.id
    await until_done(services, request, receipt.job, keep=key is not None)
    text = await open_text(services, job_id, caller.owner)
    passes = result_passes(text.about, b"{" + members({"job_id": job_id}) + b",")
    return await answer(text, passes, headers=_headers(receipt, request))


def _accepted(receipt: Receipt, request: Request) -> Response:
    return answers.json(receipt_body(receipt, request), 202, _headers(receipt, request))


def _headers(receipt: Receipt, request: Request) -> dict[str, str]:
    root = request.scope.get("root_path", "").rstrip("/")
    headers = {"Location": f"{root}/job/{receipt.job.id}"}
    if receipt.existing:
        headers[REPLAYED] = "true"
    return headers


def _query(request: Request) -> Fields:
    fields: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        fields.setdefault(name, []).append(value)
    return fields
