"""How long uploads, recordings and finished jobs are kept."""

from __future__ import annotations

import msgspec

from retender.jobs.job import Job
from retender.jobs.states import Status

DAY = 86_400.0


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    upload_seconds: float = DAY
    """If an upload is not complete after so long, its job fails."""
    audio_seconds: float = 7 * DAY
    """So long the recording of a finished job is kept; that of a failed job is kept as long as the
    job, which may be retried."""
    job_seconds: float = 30 * DAY
    """After so long a finished job and its transcript are deleted."""
    stray_seconds: float = 3600.0
    """A file without a job is kept so long: its job may be about to be submitted."""

    collect_every: float = 600.0
    """Seconds between two collections of what is no longer kept."""

    def upload_expired(self, job: Job, now: float) -> bool:
        return job.status is Status.PENDING and now - job.created_at > self.upload_seconds
