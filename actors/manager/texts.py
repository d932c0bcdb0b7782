"""Answers questions for jobs, texts and lists beside the manager's other work.

Each is read by a task of its own, over the journal's connection for reading: so neither leases nor
submissions nor commits wait for a long text. The answer arrives later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from actors.limits import READS_WAITING
from actors.manager.store import JobStore
from actors.runtime.api import Clock, Later
from retender.audio.peaks import Peaks
from retender.errors import Busy, JobNotFound, NoPeaks, NotPrepared
from retender.jobs.deliveries import WEBHOOKS, Delivery
from retender.jobs.job import Job
from retender.jobs.submission import JobStatus
from retender.journal.api import JournalReader
from retender.scheduling.release import segments_after_gap
from retender.transcript.edits import Versions
from retender.transcript.pages import Place, TranscriptPage
from retender.transcript.segments import Segment, Transcript

R = TypeVar("R")


class Texts:
    def __init__(self, store: JobStore, clock: Clock) -> None:
        self.journal: JournalReader = store.journal.beside
        self._store = store
        self._clock = clock
        self._reading = 0

    def later(self, read: Coroutine[Any, Any, R]) -> Later[R]:
        """The answer of this read, in its time. Raises `Busy` if too many are under way."""
        if self._reading >= READS_WAITING:
            read.close()
            raise Busy(f"{READS_WAITING} texts are being read already", retry_after=1.0)
        self._reading += 1
        task = asyncio.ensure_future(read)
        task.add_done_callback(self._read)
        return Later(task)

    def _read(self, _: asyncio.Future[Any]) -> None:
        self._reading -= 1

    async def status(self, job_id: str, owner: str | None) -> JobStatus:
        entry = self._store.active.get(job_id)
        job = await self.found(job_id, owner) if entry is None else entry.job
        if owner not in {None, job.owner}:
            raise not_found(job_id)
        told: tuple[Delivery, ...] = ()
        if job.callback_url is not None:
            told = await self.journal.deliveries(job_id, WEBHOOKS)
        return msgspec.structs.replace(self._estimated(job), callback=told[-1] if told else None)

    def estimated(self, job_ids: tuple[str, ...]) -> tuple[JobStatus, ...]:
        """Those of these jobs that are not finished, without their webhooks: all from memory."""
        entries = (self._store.active.get(job_id) for job_id in job_ids)
        return tuple(self._estimated(entry.job) for entry in entries if entry is not None)

    def _estimated(self, job: Job) -> JobStatus:
        estimates = self._store.estimates
        remaining = estimates.remaining_at(job, self._clock.now())
        return JobStatus(job, estimates.position(job), remaining)

    async def found(self, job_id: str, owner: str | None) -> Job:
        job = await self.journal.job(job_id)
        if job is None or owner not in {None, job.owner}:
            raise not_found(job_id)
        return job

    async def page(
        self, job_id: str, owner: str | None, version: int | None, place: Place | None
    ) -> TranscriptPage:
        stored = await self.journal.text(job_id, version, place)
        if stored is None or owner not in {None, stored.job.owner}:
            raise not_found(job_id)
        segments, following = stored.segments, stored.following
        if place is not None and place.piece is not None:
            seam = place.seam or stored.job.seam
            seam, segments = segments_after_gap(stored.job, seam, stored.results)
            if following is not None:
                following = msgspec.structs.replace(following, seam=seam)
        transcript = msgspec.structs.replace(
            transcript_of(stored.job, segments, self._clock.now()),
            version=stored.version,
            edited_at=stored.edited_at,
        )
        return TranscriptPage(transcript, following)

    async def versions(self, job_id: str, owner: str | None) -> Versions:
        await self.found(job_id, owner)
        return await self.journal.versions(job_id)

    async def peaks(self, job_id: str, owner: str | None) -> Peaks:
        job = await self.found(job_id, owner)
        found = await self.journal.peaks(job_id)
        if found is not None:
            return found
        if job.duration is None and not job.finished:
            raise NotPrepared(f"the recording of job {job_id} is not decoded yet")
        raise NoPeaks(f"the recording of job {job_id} was not decoded here")


def transcript_of(job: Job, segments: tuple[Segment, ...], now: float) -> Transcript:
    end = job.completed_at or now
    return Transcript(
        segments=segments,
        language=job.language,
        language_probability=job.language_probability,
        language_candidates=job.language_candidates,
        duration=job.duration or 0.0,
        processing_time=max(0.0, end - job.started_at) if job.started_at else 0.0,
        model=job.model or job.options.model,
        requested_model=job.requested_model,
        engine=job.engine or job.options.engine,
        timed=job.options.timestamps,
    )


def not_found(job_id: str) -> JobNotFound:
    return JobNotFound(f"there is no job {job_id}", job_id=job_id)
