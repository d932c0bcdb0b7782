"""Transcribes recordings for clients of OpenAI and Groq, who wait for the text or stream it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from retender.errors import InvalidOption
from retender.jobs.job import Task
from retender.jobs.trace import Trace
from serve_app.access.callers import Caller, Uploader
from serve_app.jobs.texts import open_text
from serve_app.live.waiting import until_done
from serve_app.openai import requests
from serve_app.openai.answers import answer
from serve_app.openai.models import names
from serve_app.openai.requests import Asked
from serve_app.openai.shapes import TRANSCRIBED, errors, form
from serve_app.openai.streaming import streamed
from serve_app.state.services import Given, Services
from serve_app.uploads.multipart import Fields
from serve_app.uploads.options import Wanted, known_among
from serve_app.uploads.receiving import receive_form, submit_received
from serve_app.uploads.submitting import IdempotencyKey, Traced, admit

router = APIRouter(tags=["OpenAI"])

_ERRORS: Final = {
    **errors(
        400, "invalid_option", "bad_request", "empty_upload", "incomplete_upload", "url_not_allowed"
    ),
    **errors(401, "unauthorized"),
    **errors(403, "forbidden"),
    **errors(404, "model_not_found"),
    **errors(408, "upload_stalled"),
    **errors(409, "idempotency_conflict", "job_cancelled"),
    **errors(410, "upload_expired"),
    **errors(413, "too_large"),
    **errors(415, "unsupported_media"),
    **errors(422, "corrupt_media", "no_audio_stream", "too_long"),
    **errors(429, "rate_limited", "queue_full"),
    **errors(502, "engine_failed", "fetch_failed", "worker_crashed", "worker_silent"),
    **errors(
        503,
        *("draining", "engine_unavailable", "model_unavailable", "no_answer"),
        *("storage_denied", "storage_unreachable"),
    ),
    **errors(507, "storage_full"),
}


@router.post(
    "/audio/transcriptions",
    responses={**TRANSCRIBED, **_ERRORS},
    openapi_extra=form(Task.TRANSCRIBE),
)
async def transcriptions(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """As in OpenAI's API. The options of `POST /transcribe-job` may be sent as well."""
    return await _transcribe(request, services, caller, key, Task.TRANSCRIBE, trace=trace)


@router.post(
    "/audio/translations", responses={**TRANSCRIBED, **_ERRORS}, openapi_extra=form(Task.TRANSLATE)
)
async def translations(
    request: Request, services: Given, caller: Uploader, key: IdempotencyKey, trace: Traced
) -> Response:
    """The same, translated to English."""
    return await _transcribe(request, services, caller, key, Task.TRANSLATE, trace=trace)


class _Request(NamedTuple):
    wanted: Wanted
    asked: Asked


async def _transcribe(
    request: Request,
    services: Services,
    caller: Caller,
    key: str | None,
    task: Task,
    *,
    trace: Trace,
) -> Response:
    await admit(services, key)
    read = _reader(task, frozenset(await names(services)), caller.priority_max)
    (wanted, asked), recording = await receive_form(request, services, read)
    job = (await submit_received(services, caller, wanted, recording, key, trace=trace)).job
    keep = key is not None
    if asked.stream:
        return streamed(services, request, job, keep=keep)
    await until_done(services, request, job, keep=keep)
    text = await open_text(services, job.id)
    return await answer(text, asked, str(job.options.task), job.id)


def _reader(task: Task, models: frozenset[str], priority_max: int) -> Callable[[Fields], _Request]:
    def read(fields: Fields) -> _Request:
        asked = requests.asked(fields)
        native = requests.native(fields)
        wanted = known_among(native, priority_max=priority_max)
        if wanted.options.model and wanted.options.model not in models:
            raise InvalidOption(f"model: there is no model {wanted.options.model!r}", field="model")
        return _Request(requests.wanted(wanted, asked, task), asked)

    return read
