"""Routes for the sync to a Convex database: send a job again, and send what was refused."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.delivery.convex_sync import ConvexSync
from actors.manager.job_manager import JobManager
from retender.errors import ConvexNotSetUp, JobNotFound
from serve_app.access.callers import Admin, Submitter
from serve_app.description import answers
from serve_app.description.examples import JOB_ID, example
from serve_app.state.services import Given

router = APIRouter(tags=["convex"])


class ResyncShape(BaseModel):
    model_config = example({"job_id": JOB_ID, "status": "processing", "seq": 41})

    job_id: str
    status: str
    seq: int = Field(description="The number of the event up to which it is sent.")


class ConvexRetryShape(BaseModel):
    model_config = example({"retried": 12})

    retried: int = Field(description="How many refused jobs are sent again.")


@router.post(
    "/job/{job_id}/resync",
    status_code=202,
    responses={202: {"model": ResyncShape}, **answers.errors(JobNotFound, ConvexNotSetUp)},
)
async def resync(job_id: str, services: Given, caller: Submitter) -> Response:
    """Send the job to Convex again, as it is now. It is not waited for: the job's row changes in a
    moment, or as soon as Convex can be reached."""
    job = await services.manager.ask(JobManager.resync, job_id, caller.owner)
    return answers.json({"job_id": job.id, "status": str(job.status), "seq": job.seq}, 202)


@router.post(
    "/convex/retry",
    status_code=202,
    responses={202: {"model": ConvexRetryShape}, **answers.errors(ConvexNotSetUp)},
)
async def retry(services: Given, _caller: Admin) -> Response:
    """Send the jobs that Convex has refused, once the cause is mended; `GET /health` shows it."""
    retried = await services.manager.ask(JobManager.retry_parked)
    if services.convex is not None:
        retried += await services.convex.ask(ConvexSync.retry)
    return answers.json({"retried": retried}, 202)
