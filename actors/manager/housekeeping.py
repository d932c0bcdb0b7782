"""Retention: deletes old jobs and expired uploads, and lists the files that must stay."""

from __future__ import annotations

from actors.limits import FORGET_BATCH, INDEX_BATCH
from actors.manager.store import JobStore
from retender.errors import UploadExpired
from retender.jobs.retention import FilesInUse, Retention
from retender.scheduling import transitions


class Housekeeping:
    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def needed(self, retention: Retention, now: float) -> FilesInUse:
        await self._expire_uploads(retention, now)
        audio = await self._store.journal.audio_in_use(now - retention.audio_seconds)
        return FilesInUse(audio, frozenset(entry.job.id for entry in self._store.active))

    async def forget_old(self, retention: Retention, now: float) -> bool:
        """Delete a batch of the jobs that ended too long ago, in one commit. True: there may be
        more of them."""
        finished_before = now - retention.job_seconds
        old = await self._store.journal.finished_before(finished_before, FORGET_BATCH)
        if old:
            draft = self._store.draft()
            for job_id in old:
                draft.delete(await self._store.find(job_id))
            await self._store.commit(draft)
        return len(old) == FORGET_BATCH

    async def index_old(self) -> bool:
        """True if there was something to index: there may be more."""
        if not await self._store.journal.unindexed():
            return False
        draft = self._store.draft()
        draft.index_old(INDEX_BATCH)
        await self._store.commit(draft)
        return True

    async def _expire_uploads(self, retention: Retention, now: float) -> None:
        expired = [e for e in self._store.active if retention.upload_expired(e.job, now)]
        for entry in expired:
            draft = self._store.draft()
            failure = UploadExpired("the upload was not finished in time").failure()
            transitions.fail_job(draft, entry.job.id, failure)
            await self._store.commit(draft)
