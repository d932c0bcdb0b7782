"""Looks after jobs on behalf of people: their names and edits, and forgetting them."""

from __future__ import annotations

from msgspec.structs import replace

from actors.manager.store import JobStore
from actors.runtime.api import Clock
from retender.errors import NotCompleted, TranscriptChanged
from retender.jobs.job import Job
from retender.jobs.names import checked_name
from retender.jobs.states import Status
from retender.scheduling import transitions
from retender.transcript.edits import Edit, same_text


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

    async def edit(
        self, job_id: str, after: int, parts: tuple[bytes, ...], owner: str | None
    ) -> int:
        """The number of the next version, if `after` is still the latest one."""
        job = await self._store.find(job_id, owner)
        if job.status is not Status.COMPLETED:
            raise NotCompleted(
                f"job {job_id} is {job.status}; only a whole transcript can be edited",
                status=str(job.status),
            )
        latest = (await self._store.journal.versions(job_id)).latest
        if latest != after:
            return await self._repeated(job_id, after, latest, parts)
        draft = self._store.draft()
        draft.save_edit(job_id, Edit(latest + 1, self._clock.now(), parts))
        await self._store.commit(draft)
        return latest + 1

    async def _repeated(
        self, job_id: str, after: int, latest: int, parts: tuple[bytes, ...]
    ) -> int:
        """An edit whose answer was lost may be sent again: it is stored already."""
        present = await self._store.journal.edit(job_id) if latest == after + 1 else None
        if present is None or not same_text(present.parts, parts):
            raise TranscriptChanged(
                f"the transcript is at version {latest} by now, not at {after}: somebody has "
                "edited it since",
                version=latest,
            )
        return present.version
