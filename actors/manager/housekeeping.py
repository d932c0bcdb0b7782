"""Retention: deletes old jobs and expired uploads, and says which files must stay."""

from __future__ import annotations

from itertools import islice

from actors.limits import FORGET_BATCH, FORGET_CHUNKS
from actors.manager.store import JobStore
from retender.errors import UploadExpired
from retender.jobs.retention import Retention
from retender.scheduling import transitions


class Housekeeping:
    def __init__(self, store: JobStore) -> None:
        self._store = store

    def unfinished(self, asked: tuple[str, ...]) -> frozenset[str]:
        return frozenset(each for each in asked if self._store.active.get(each) is not None)

    async def forget_old(self, retention: Retention, now: float) -> bool:
        """Delete a batch of the jobs that ended too long ago, in one commit. True: there may be
        more of them."""
        finished_before = now - retention.job_seconds
        old = await self._store.journal.finished_before(finished_before, FORGET_BATCH)
        if not old:
            return False
        draft = self._store.draft()
        deleted = chunks = 0
        for job_id in old:
            job = await self._store.find(job_id)
            chunks += job.chunks
            if deleted and chunks > FORGET_CHUNKS:
                break
            draft.delete(job)
            deleted += 1
        await self._store.commit(draft)
        return deleted == FORGET_BATCH or deleted < len(old)

    async def expire_uploads(self, retention: Retention, now: float) -> bool:
        """Fail a batch of the jobs whose upload was not finished in time, in one commit. True:
        there may be more of them."""
        late = (
            each.job.id for each in self._store.active if retention.upload_expired(each.job, now)
        )
        expired = list(islice(late, FORGET_BATCH))
        if expired:
            draft = self._store.draft()
            failure = UploadExpired("the upload was not finished in time").failure()
            for job_id in expired:
                transitions.fail_job(draft, job_id, failure)
            await self._store.commit(draft)
        return len(expired) == FORGET_BATCH
