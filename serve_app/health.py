"""Whether the service lives, and whether it can be given work."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from actors.job_manager import JobManager
from retender.errors import RetenderError
from serve_app import answers
from serve_app.services import Given, Services

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> Response:
    """The process answers."""
    return answers.json({"status": "live"})


@router.get("/health/ready")
async def ready(services: Given) -> Response:
    """Whether submissions are taken in; if not, why."""
    reason = await _not_ready(services)
    if reason is None:
        return answers.json({"status": "ready"})
    return answers.json({"status": "not_ready", "reason": reason}, 503)


async def _not_ready(services: Services) -> str | None:
    if services.closing.begun:
        return "the service is stopping"
    try:
        info = await services.manager.within(1.0).ask(JobManager.info)
    except RetenderError as error:
        return error.message
    return None if info.accepting else "the service is stopping"
