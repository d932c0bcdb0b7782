"""The messages to Convex about how a job ended, with its transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator

from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from actors.transcripts import paged_transcript
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.outbound import convex_messages as messages
from retender.outbound.convex_chunks import ChunkCutter
from retender.transcript.edits import ORIGINAL


async def end_messages(job: Job, manager: Ref[JobManager], language: str) -> AsyncIterator[bytes]:
    """The messages that tell how the job ended. A long transcript goes ahead in chunks, and is
    read as it is sent."""
    message = messages.snapshot(job, None, language)
    if job.status is not Status.COMPLETED:
        yield messages.encoded(message)
        return
    text = await paged_transcript(manager, job.id, ORIGINAL)
    if text.has_one_page:
        segments = (await text.whole()).segments
        whole = messages.with_result(message, messages.transcript_of(job, segments))
        if whole is not None:
            yield whole
            return
    cutter = ChunkCutter(timed=job.options.timestamps)
    async for page in text.pages():
        for chunk in cutter.add(page):
            yield messages.with_chunk(message, chunk)
    for chunk in cutter.finish():
        yield messages.with_chunk(message, chunk)
    yield messages.with_chunk_count(
        message, messages.transcript_of(job, ()), chunks=cutter.count, silent=cutter.silent
    )
