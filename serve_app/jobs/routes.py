"""Routes that show a job, rename, cancel, forget and retry it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import (
    AlreadyFinished,
    Draining,
    EngineUnavailable,
    InvalidOption,
    JobNotFound,
    NotFailed,
    QueueFull,
    RateLimited,
)
from retender.jobs.limits import NAME_CHARS
from serve_app.access.callers import Reader, Submitter, Uploader
from serve_app.description import answers
from serve_app.jobs.receipts import receipt_body
from serve_app.jobs.shapes import CancelledShape, JobShape, ReceiptShape
from serve_app.jobs.views import job_answer
from serve_app.middleware.accept_language import Language
from serve_app.state.services import Given

router = APIRouter(tags=["jobs"])

Text = Annotated[
    bool, Query(description="`false`: without the result, for those who ask for the status often.")
]
Forget = Annotated[bool, Query(description="Delete it. A job that is not there is no error.")]


@router.get(
    "/job/{job_id}",
    responses={200: {"model": JobShape}, **answers.errors(JobNotFound, InvalidOption)},
)
async def job(
    job_id: str, services: Given, caller: Reader, language: Language, *, text: Text = True
) -> Response:
    """The job as it is now; with its result once it is completed."""
    return await job_answer(services, job_id, caller.owner, language, text=text)


class NameShape(BaseModel):
    name: str = Field(min_length=1, max_length=NAME_CHARS)


@router.patch(
    "/job/{job_id}",
    responses={200: {"model": JobShape}, **answers.errors(JobNotFound, InvalidOption)},
)
async def rename(
    job_id: str, change: NameShape, services: Given, caller: Submitter, language: Language
) -> Response:
    """Give the job another name, in whatever state it is."""
    await services.manager.ask(JobManager.rename, job_id, change.name, caller.owner)
    return await job_answer(services, job_id, caller.owner, language)


@router.delete(
    "/job/{job_id}",
    responses={
        200: {"model": CancelledShape},
        **answers.errors(JobNotFound, AlreadyFinished, InvalidOption),
    },
)
async def cancel(
    job_id: str, services: Given, caller: Submitter, *, forget: Forget = False
) -> Response:
    """Cancel a job at any stage. Cancelling again changes nothing. With `forget` it is deleted,
    whatever its state, with its text and edits."""
    if forget:
        await services.manager.ask(JobManager.forget, job_id, caller.owner)
        services.messages.forget(job_id)
        return answers.json({"job_id": job_id, "status": "forgotten"})
    cancelled = await services.manager.ask(JobManager.cancel, job_id, caller.owner)
    return answers.json({"job_id": cancelled.id, "status": str(cancelled.status)})


@router.post(
    "/job/{job_id}/retry",
    status_code=202,
    responses={
        202: {"model": ReceiptShape},
        **answers.errors(
            JobNotFound, NotFailed, QueueFull, RateLimited, Draining, EngineUnavailable
        ),
    },
)
async def retry(job_id: str, request: Request, services: Given, caller: Uploader) -> Response:
    """Retry a failed job. The parts that it had finished are not done again."""
    receipt = await services.manager.ask(JobManager.retry, job_id, caller.owner)
    return answers.json(receipt_body(receipt, request), 202)
