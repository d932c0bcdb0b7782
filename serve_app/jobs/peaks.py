"""The route that gives the waveform of a job's recording."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import JobNotFound, NoPeaks, NotPrepared
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.state.services import Given

router = APIRouter(tags=["jobs"])

_CACHED: Final = "private, max-age=86400"
"""The peaks of a job stay the same."""

_TAG_CHARS: Final = 32


class PeaksShape(BaseModel):
    model_config = example({"per_second": 20.0, "peaks": [-0.1, 0.24, 0.31]})

    per_second: float = Field(description="20, or fewer for a recording above a quarter of an hour")
    peaks: list[float] = Field(description="The loudest sample of each step, from -1 to 1.")


@router.get(
    "/job/{job_id}/peaks",
    responses={
        200: {"model": PeaksShape},
        304: {"description": "The caller has them already."},
        **answers.errors(JobNotFound, NoPeaks, NotPrepared),
    },
)
async def job_peaks(job_id: str, request: Request, services: Given, caller: Reader) -> Response:
    """The waveform of the recording, once it is decoded. It stays the same, and may be cached."""
    found = await services.manager.ask(JobManager.peaks, job_id, caller.owner)
    tag = f'"{hashlib.sha256(found.values).hexdigest()[:_TAG_CHARS]}"'
    headers = {"ETag": tag, "Cache-Control": _CACHED, "Vary": "Authorization, X-API-Key"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return answers.json({"per_second": found.per_second, "peaks": found.levels}, headers=headers)
