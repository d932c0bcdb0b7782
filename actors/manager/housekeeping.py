"""What the JobManager forgets in time, and which files must stay until then."""

from __future__ import annotations

from actors.limits import FORGOTTEN_AT_ONCE
from actors.manager.store import Ledger
from retender.errors import UploadExpired
from retender.jobs.retention import Needed, Retention
from retender.scheduling import transitions


class Housekeeping:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def needed(self, retention: Retention, now: float) -> Needed:
        await self._expire_uploads(retention, now)
        await self._forget_jobs(now - retention.job_seconds)
        audio = await self._ledger.journal.audio_in_use(now - retention.audio_seconds)
        return Needed(audio, frozenset(entry.job.id for entry in self._ledger.board))

    async def _expire_uploads(self, retention: Retention, now: float) -> None:
        expired = [e for e in self._ledger.board if retention.upload_expired(e.job, now)]
        for entry in expired:
            draft = self._ledger.draft()
            failure = UploadExpired("the upload was not finished in time").failure()
            transitions.fail(draft, entry.job.id, failure)
            await self._ledger.commit(draft)

    async def _forget_jobs(self, finished_before: float) -> None:
        old = await self._ledger.journal.finished_before(finished_before, FORGOTTEN_AT_ONCE)
        for job_id in old:
            draft = self._ledger.draft()
            draft.forget(await self._ledger.find(job_id))
            await self._ledger.commit(draft)
