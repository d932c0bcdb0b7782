"""How long what is no longer worked on is kept."""

from __future__ import annotations

import msgspec

from retender.jobs.job import Job
from retender.jobs.states import Status

DAY = 86_400.0


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    upload_seconds: float = DAY
    """An upload that has not been finished after so long fails its job."""
    audio_seconds: float = 7 * DAY
    """The upload of a finished job can be listened to for so long. That of a failed one stays as
    long as the job: it may be retried."""
    job_seconds: float = 30 * DAY
    """A finished job and its transcript are forgotten after so long."""
    stray_seconds: float = 3600.0
    """A file that no job names may belong to a submission on its way, for so long."""

    collect_every: float = 600.0

    def upload_expired(self, job: Job, now: float) -> bool:
        return job.status is Status.PENDING and now - job.created_at > self.upload_seconds


class FilesInUse(msgspec.Struct, frozen=True):
    """What must stay on disk."""

    audio: frozenset[str]
    jobs: frozenset[str]
