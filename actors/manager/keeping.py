"""Looks after jobs on behalf of people: their names and waveforms."""

from __future__ import annotations

from msgspec.structs import replace

from actors.manager.store import JobStore
from retender.audio.peaks import Peaks
from retender.errors import NoPeaks, NotPrepared
from retender.jobs.job import Job
from retender.jobs.names import checked_name


class Keeping:
    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def rename(self, job_id: str, name: str, owner: str | None) -> Job:
        job = await self._store.find(job_id, owner)
        named = replace(job, name=checked_name(name))
        if named != job:
            draft = self._store.draft()
            draft.rename(named)
            await self._store.commit(draft)
        return named

    async def peaks(self, job_id: str, owner: str | None) -> Peaks:
        job = await self._store.find(job_id, owner)
        found = await self._store.journal.peaks(job_id)
        if found is not None:
            return found
        if job.duration is None and not job.finished:
            raise NotPrepared(f"the recording of job {job_id} is not decoded yet")
        raise NoPeaks(f"the recording of job {job_id} was not decoded here")
