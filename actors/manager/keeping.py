"""Looks after jobs on behalf of people: their names, waveforms and edits, and forgetting them."""

from __future__ import annotations

from msgspec.structs import replace

from actors.manager.store import JobStore
from actors.runtime.api import Clock
from retender.audio.peaks import Peaks
from retender.errors import NoPeaks, NotCompleted, NotPrepared, TranscriptChanged, VersionNotFound
from retender.jobs.job import Job
from retender.jobs.names import checked_name
from retender.jobs.states import Status
from retender.scheduling import transitions
from retender.scheduling.release import segments_after_gap
from retender.transcript.edits import ORIGINAL, Edit, check_segments
from retender.transcript.segments import Segment, Transcript


class Keeping:
    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def rename(self, job_id: str, name: str, owner: str | None) -> Job:
        job = await self._store.find(job_id, owner)
        named = replace(job, name=checked_name(name))
        if named != job:
            draft = self._store.draft()
            draft.rename(named)
            await self._store.commit(draft)
        return named

    async def forget(self, job_id: str, owner: str | None) -> None:
        """Idempotent. Jobs of others stay, and the caller does not learn that they exist."""
        job = await self._store.look_up(job_id)
        if job is None or owner not in {None, job.owner}:
            return
        if not job.finished:
            draft = self._store.draft()
            job = transitions.cancel(draft, job_id)
            await self._store.commit(draft)
        draft = self._store.draft()
        draft.forget(job)
        await self._store.commit(draft)

    async def peaks(self, job_id: str, owner: str | None) -> Peaks:
        job = await self._store.find(job_id, owner)
        found = await self._store.journal.peaks(job_id)
        if found is not None:
            return found
        if job.duration is None and not job.finished:
            raise NotPrepared(f"the recording of job {job_id} is not decoded yet")
        raise NoPeaks(f"the recording of job {job_id} was not decoded here")

    async def transcript(self, job_id: str, owner: str | None, version: int | None) -> Transcript:
        """See `JobManager.transcript`."""
        job = await self._store.find(job_id, owner)
        segments = await self._store.journal.segments(job_id)
        if job.status is Status.FAILED:
            stored = await self._store.journal.stored(job_id)
            assert stored is not None
            segments += segments_after_gap(stored)
        end = job.completed_at or self._clock.now()
        original = Transcript(
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
        return await self._version(original, job_id, version)

    async def _version(
        self, transcript: Transcript, job_id: str, version: int | None
    ) -> Transcript:
        """The original transcript in this version; in the latest one if none is named."""
        if version == ORIGINAL:
            return transcript
        found = await self._store.journal.edit(job_id, version)
        if found is not None:
            return replace(
                transcript, segments=found.segments, version=found.version, edited_at=found.at
            )
        if version is not None:
            raise VersionNotFound(f"there is no version {version} of the transcript of {job_id}")
        return transcript

    async def edit(
        self, job_id: str, after: int, segments: tuple[Segment, ...], owner: str | None
    ) -> Edit:
        """The next version, if `after` is still the latest one."""
        check_segments(segments)
        job = await self._store.find(job_id, owner)
        if job.status is not Status.COMPLETED:
            raise NotCompleted(
                f"job {job_id} is {job.status}; only a whole transcript can be edited",
                status=str(job.status),
            )
        latest = (await self._store.journal.versions(job_id)).latest
        if latest != after:
            return await self._repeated(job_id, after, latest, segments)
        new = Edit(latest + 1, self._clock.now(), segments)
        draft = self._store.draft()
        draft.save_edit(job_id, new)
        await self._store.commit(draft)
        return new

    async def _repeated(
        self, job_id: str, after: int, latest: int, segments: tuple[Segment, ...]
    ) -> Edit:
        """An edit whose answer was lost may be sent again: it is stored already."""
        present = await self._store.journal.edit(job_id) if latest == after + 1 else None
        if present is None or present.segments != segments:
            raise TranscriptChanged(
                f"the transcript is at version {latest} by now, not at {after}: somebody has "
                "edited it since",
                version=latest,
            )
        return present
