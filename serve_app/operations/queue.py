"""The route that says how busy the service is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.jobs.shapes import QueueInfoShape
from serve_app.state.services import Given

router = APIRouter(tags=["queue"])


@router.get("/queue/info", responses={200: {"model": QueueInfoShape}})
async def queue_info(services: Given, caller: Reader) -> Response:
    """Jobs that wait or are worked on, and open WebSockets. Only admins get the ids of the jobs
    that are followed."""
    info = await services.manager.ask(JobManager.info)
    followed = services.open_sockets.jobs
    return answers.json(
        {
            "queue": {
                "queue_size": info.queue_size,
                "active_jobs": info.active_jobs,
                "total_jobs": info.total_jobs,
                "max_concurrent_jobs": services.settings.max_concurrent_jobs,
                "is_running": info.accepting and not services.closing.begun,
                "dead_letters": info.dead_letters,
                "workers": info.workers,
                "audio_seconds_waiting": round(info.audio_seconds_waiting, 1),
            },
            "websockets": {
                "total_connections": services.open_sockets.count,
                "jobs_with_connections": len(followed),
                "active_jobs": followed if caller.owner is None else [],
            },
        }
    )
