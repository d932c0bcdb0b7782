"""Changes the options of a job that no worker has begun."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import (
    AlreadyBegun,
    AlreadyFinished,
    EngineUnavailable,
    InvalidOption,
    JobNotFound,
)
from serve_app.access.callers import Submitter
from serve_app.description import answers
from serve_app.jobs.shapes import JobShape
from serve_app.jobs.views import job_answer
from serve_app.middleware.accept_language import Language
from serve_app.state.services import Given
from serve_app.uploads.options import changed
from serve_app.uploads.submitting import with_vocabulary

router = APIRouter(tags=["jobs"])

Change = Annotated[
    dict[str, Any],
    Body(
        description="Options of a submission. One that is left out stays as it is; `null` or an "
        "empty text gives it its default.",
        examples=[{"language": "es", "word_timestamps": True}],
    ),
]


@router.patch(
    "/job/{job_id}/options",
    responses={
        200: {"model": JobShape},
        **answers.errors(
            JobNotFound, InvalidOption, AlreadyBegun, AlreadyFinished, EngineUnavailable
        ),
    },
)
async def change_options(
    job_id: str, change: Change, services: Given, caller: Submitter, language: Language
) -> Response:
    """Change options of a job that no worker has begun. It is completed at once if a job with
    the new ones is."""
    options, names = changed(change)
    if "hotwords" in names:
        options = with_vocabulary(options, caller.hotwords)
    await services.manager.ask(JobManager.change_options, job_id, options, names, caller.owner)
    return await job_answer(services, job_id, caller.owner, language)
