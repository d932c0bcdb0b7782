"""Requests to the JobManager, and its answers."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from retender.jobs.deliveries import Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job, Options
from retender.jobs.states import Stage, Status
from retender.jobs.trace import Trace
from retender.storage.audio import Audio


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A new job. The caller chooses the id, so that sending it twice makes only one job."""

    job_id: str
    owner: str = ""
    audio: Audio | None = None
    """None: the audio comes later (`audio_arrived`)."""
    url: str = ""
    """The address to fetch the audio from; empty if it is uploaded."""
    options: Options = Options()
    name: str = ""
    priority: int = 0
    user_id: str | None = None
    callback_url: str | None = None
    idempotency_key: str | None = None
    trace: Trace | None = None


class Receipt(msgspec.Struct, frozen=True):
    """The job is stored. `existing`: it was before, under the same idempotency key or id."""

    job: Job
    queue_position: int | None
    estimated_processing_time: float
    existing: bool = False


class JobStatus(msgspec.Struct, frozen=True):
    job: Job
    queue_position: int | None = None
    estimated_time_remaining: float | None = None
    callback: Delivery | None = None
    """The last of its webhook deliveries; None if it has none."""


class QueueInfo(msgspec.Struct, frozen=True):
    queue_size: int
    active_jobs: int
    total_jobs: int
    dead_letters: int
    workers: int
    audio_seconds_waiting: float
    accepting: bool
    started_at: float
    """When the jobs were taken up: at the start, or after their manager had failed."""


class PoolLoad(msgspec.Struct, frozen=True):
    """What a pool must know to choose its size and to replace workers that hang."""

    seconds_waiting: float
    pieces_waiting: int
    busy: tuple[str, ...]
    """Workers that have a piece."""
    silent: tuple[str, ...] = ()
    """Workers that have stopped sending heartbeats."""


class LogPage(msgspec.Struct, frozen=True):
    """Events of all jobs, in order; the next page begins after `position`."""

    events: tuple[Event, ...]
    position: int


def new_job(submission: Submission, at: float) -> Job:
    waiting = submission.audio is None
    return Job(
        id=submission.job_id,
        owner=submission.owner,
        status=Status.PENDING if waiting else Status.QUEUED,
        stage=Stage.UPLOADING if waiting else Stage.QUEUED,
        created_at=at,
        options=submission.options,
        audio=submission.audio,
        name=submission.name,
        priority=submission.priority,
        user_id=submission.user_id,
        callback_url=submission.callback_url,
        idempotency_key=submission.idempotency_key,
        source=_digest(submission.url),
        trace=submission.trace,
    )


def same_request(job: Job, submission: Submission) -> bool:
    """Whether both ask for the same, as far as is known: audio that comes later may be the same,
    unless it is fetched from another address."""
    source = _digest(submission.url)
    same_source = "" in {job.source, source} or job.source == source
    same_audio = None in {job.audio, submission.audio} or job.audio == submission.audio
    return same_source and same_audio and (job.submitted or job.options) == submission.options


def _digest(url: str) -> str:
    return sha256(url.encode()).hexdigest() if url else ""
