"""Routes that list jobs and search in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from actors.limits import JOBS_PER_PAGE
from actors.manager.job_manager import JobManager
from retender.errors import InvalidOption
from retender.jobs.bodies import job_body
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.journal.api import Listing
from retender.transcript.search import query_words
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.jobs.shapes import JobListShape
from serve_app.jobs.views import transient_progress_of
from serve_app.limits import FOUND_PER_PAGE, QUERY_CHARS
from serve_app.middleware.accept_language import Language
from serve_app.state.services import Given, Services

router = APIRouter(tags=["jobs"])

Limit = Annotated[int, Query(ge=1, le=JOBS_PER_PAGE)]
Cursor = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,18}$", description="The `next_cursor` of a page.")
]
Words = Annotated[
    str | None,
    Query(
        max_length=QUERY_CHARS,
        description="Jobs whose name or text has all of these words, or words that begin so.",
    ),
]
Sort = Annotated[Literal["newest", "oldest"], Query(description="Which jobs come first.")]


@router.get("/jobs", responses={200: {"model": JobListShape}, **answers.errors(InvalidOption)})
async def jobs(
    services: Given,
    caller: Reader,
    language: Language,
    *,
    q: Words = None,
    status: Status | None = None,
    sort: Sort = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """A page of jobs. `next_cursor` is the `cursor` of the next page. With `q` they are searched,
    and each has a `snippet` of its text, if the words are there, and its `snippet_time`."""
    words = None if q is None or not q.strip() else query_words(q)
    listing = Listing(
        owner=caller.owner,
        status=status,
        words=words,
        oldest_first=sort == "oldest",
        limit=limit if words is None else min(limit, FOUND_PER_PAGE),
        cursor=cursor,
    )
    return await _page(services, listing, language)


@router.get(
    "/dead-letters", responses={200: {"model": JobListShape}, **answers.errors(InvalidOption)}
)
async def dead_letters(
    services: Given, caller: Reader, language: Language, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Jobs that failed for good, newest first. They can be retried."""
    listing = Listing(owner=caller.owner, status=Status.FAILED, limit=limit, cursor=cursor)
    return await _page(services, listing, language)


async def _page(services: Services, listing: Listing, language: str) -> Response:
    page = await services.manager.ask(JobManager.jobs, listing)
    bodies = await _bodies(services, page.jobs, language)
    for body in bodies:
        body["options"] = None  # Prompts may be long, and a list is requested every few seconds.
    if listing.words:
        bodies = [body | await _snippet(services, body["job_id"], listing.words) for body in bodies]
    return answers.json({"jobs": bodies, "next_cursor": page.cursor})


async def _bodies(services: Services, jobs: Sequence[Job], language: str) -> list[dict[str, Any]]:
    """Unfinished jobs with what is not stored: place in the queue, newest progress, time left."""
    unfinished = tuple(job.id for job in jobs if not job.finished)
    estimated = await services.manager.ask(JobManager.estimated, unfinished) if unfinished else ()
    progress = await transient_progress_of(services, [status.job for status in estimated])
    now = {status.job.id: status for status in estimated}
    return [
        job_body(now.get(job.id, JobStatus(job)), progress.get(job.id), language) for job in jobs
    ]


async def _snippet(services: Services, job_id: str, words: tuple[str, ...]) -> dict[str, Any]:
    """One question for each job: in between the manager does other work."""
    found = await services.manager.ask(JobManager.passage, job_id, words)
    if found is None:
        return {"snippet": None, "snippet_parts": None, "snippet_time": None}
    return {
        "snippet": "".join(found.parts),
        "snippet_parts": found.parts,
        "snippet_time": found.start,
    }
