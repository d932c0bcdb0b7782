"""The messages to Convex about how a job ended, with its transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator

from actors.limits import SEGMENTS_PER_PAGE
from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.outbound import convex_messages as messages
from retender.outbound.convex_chunks import ChunkCutter


async def end_messages(job: Job, manager: Ref[JobManager], language: str) -> AsyncIterator[bytes]:
    """The messages that tell how the job ended. A long transcript goes ahead in chunks, and is
    read as it is sent."""
    message = messages.snapshot(job, None, language)
    if job.status is not Status.COMPLETED:
        yield messages.encoded(message)
        return
    page = await manager.ask(JobManager.segments, job.id, 0, SEGMENTS_PER_PAGE)
    if job.seam.next_id <= len(page):
        whole = messages.with_result(message, messages.transcript_of(job, page))
        if whole is not None:
            yield whole
            return
    cutter = ChunkCutter(timed=job.options.timestamps)
    while page:
        for chunk in cutter.add(page):
            yield messages.with_chunk(message, chunk)
        first = page[-1].id + 1
        page = await manager.ask(JobManager.segments, job.id, first, SEGMENTS_PER_PAGE)
    for chunk in cutter.finish():
        yield messages.with_chunk(message, chunk)
    yield messages.with_chunk_count(
        message, messages.transcript_of(job, ()), chunks=cutter.count, silent=cutter.silent
    )
