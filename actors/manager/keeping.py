"""Looks after jobs on behalf of people: names them."""

from __future__ import annotations

from msgspec.structs import replace

from actors.manager.store import JobStore
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
