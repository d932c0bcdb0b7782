"""Reads transcripts from the JobManager, page by page."""

from __future__ import annotations

from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from retender.transcript.pages import PagedTranscript, Place, TranscriptPage
from retender.transcript.segments import Transcript


async def paged_transcript(
    manager: Ref[JobManager], job_id: str, version: int | None = None
) -> PagedTranscript:
    """Raises `JobNotFound`, `VersionNotFound`; `pages` may raise them too, if the job or its
    version is deleted meanwhile."""

    async def read(place: Place | None) -> TranscriptPage:
        return await manager.ask(JobManager.transcript, job_id, None, version, place)

    return await PagedTranscript.open(read)


async def whole_transcript(
    manager: Ref[JobManager], job_id: str, version: int | None = None
) -> Transcript:
    """For those who have room for it in memory."""
    return await (await paged_transcript(manager, job_id, version)).whole()
