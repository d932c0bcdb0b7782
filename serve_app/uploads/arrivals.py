"""Recordings that arrive in parts or are fetched: from the pending job to the whole recording.

Each step may be the last before a crash, and every step may be repeated without harm: `clean_up`
finishes what an earlier process has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender import errors
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.pieces import UPLOAD
from retender.jobs.states import Stage, Status
from retender.jobs.submission import Receipt, Submission
from retender.storage.audio import Audio
from retender.storage.partial_uploads import Origin, PartialUpload, PartialUploadWriter
from serve_app.limits import CLEANUP_RETRY_SECONDS, CLEANUP_SECONDS, PROGRESS_SECONDS
from serve_app.state.asking import SUBMITTING, ask_again
from serve_app.state.services import Services
from serve_app.uploads.checks import FirstBytes, check_size
from serve_app.uploads.submitting import submit

_YOUNG_SECONDS: Final = 3600.0
"""An upload without a job that is younger may belong to a job that is just being submitted."""


class Arrival:
    """Writes a recording down as it arrives, checks it, and reports the progress."""

    def __init__(
        self, services: Services, writing: PartialUploadWriter, most_bytes: int, size: int | None
    ) -> None:
        """`size` is the whole recording's, if it is known; `most_bytes` is its limit."""
        self._services = services
        self._writing = writing
        self._most_bytes = most_bytes
        self._size = size
        self._first = FirstBytes() if writing.offset == 0 else None
        self._reported_at = services.clock.monotonic()

    def check_declared(self, length: int) -> None:
        """Raises `TooLarge` if so many more bytes are too many."""
        check_size(self._writing.offset + length, self._most_bytes)

    async def write(self, data: bytes) -> bool:
        """True if the progress was reported; it is not reported after every part."""
        self.check_declared(len(data))
        if self._first is not None:
            self._first.check(data)
        await self._writing.write(data)
        now = self._services.clock.monotonic()
        if now - self._reported_at < PROGRESS_SECONDS:
            return False
        self._reported_at = now
        self.report_progress()
        return True

    def report_progress(self) -> None:
        """As transient progress, to all who follow the job."""
        percent: dict[str, str | int | float] = {}
        if self._size:
            percent = {"percent": 100 * self._writing.offset // self._size}
        note = Note("uploading", percent)
        job_id = self._writing.origin.job_id
        broadcaster = self._services.broadcaster
        broadcaster.tell(Broadcaster.progress, job_id, UPLOAD, 0.0, Stage.UPLOADING, note)


async def submit_pending(
    services: Services,
    new: Submission,
    *,
    owner: str | None,
    size: int | None = None,
    url: str = "",
) -> Receipt:
    """A job whose recording is still to come. The upload is created before the job, so that no job
    is without an upload to go on with."""
    origin = Origin(
        job_id=new.job_id, owner=owner, size=size, url=url, created_at=services.clock.now()
    )
    await services.partials.create(origin)
    try:
        receipt = await submit(services, new)
    except errors.Unreachable:
        # The job may exist all the same. If it does not, `clean_up` drops the upload later.
        raise
    except errors.RetenderError:
        await services.partials.drop(new.job_id)
        raise
    if receipt.existing:
        await services.partials.drop(new.job_id)
    return receipt


async def complete(services: Services, writing: PartialUploadWriter) -> None:
    """The recording is whole: it becomes its job's audio."""
    job_id = writing.origin.job_id
    audio = await writing.seal()
    if not await _in_place(services, writing, audio):
        lost = errors.UploadExpired("the upload was whole, but is not kept any more")
        await fail(services, job_id, lost)
        return
    manager = services.manager
    await ask_again(lambda: manager.ask(JobManager.audio_arrived, job_id, audio), SUBMITTING)
    await services.partials.drop(job_id)


async def complete_left(services: Services, job_id: str) -> None:
    """Complete an upload of which all bytes are there: an earlier process has stopped before it
    could."""
    try:
        async with services.partials.open(job_id) as writing:
            await complete(services, writing)
    except (errors.UploadLocked, errors.JobNotFound):
        logger.debug("another request or process completes this upload, or has just done so")


async def fail(services: Services, job_id: str, error: errors.RetenderError) -> None:
    """The recording will never be whole: its job fails with this error."""
    failure = error.failure() if isinstance(error, errors.WorkError) else _failure(error)
    manager = services.manager
    await ask_again(lambda: manager.ask(JobManager.upload_failed, job_id, failure), SUBMITTING)
    await services.partials.drop(job_id)


async def find_job(services: Services, job_id: str, owner: str | None = None) -> Job | None:
    try:
        return (await services.manager.ask(JobManager.status, job_id, owner)).job
    except errors.JobNotFound:
        return None


Fetch = Callable[[str], None]
"""Starts to fetch the recording of the job with this id."""


async def clean_up_regularly(services: Services, fetch: Fetch) -> None:
    """At the start of the process, and again and again while it serves."""
    while True:
        try:
            await clean_up(services, fetch)
            await asyncio.sleep(CLEANUP_SECONDS)
        except (errors.RetenderError, OSError) as error:
            logger.debug("unfinished uploads cannot be cleaned up now: {}", error)
            await asyncio.sleep(CLEANUP_RETRY_SECONDS)


async def clean_up(services: Services, fetch: Fetch) -> None:
    """Finish the uploads that are whole, fetch again what was being fetched, and drop the uploads
    whose job has ended or does not exist."""
    for partial in await services.partials.all():
        await _clean_up_one(services, partial, fetch)


async def _clean_up_one(services: Services, partial: PartialUpload, fetch: Fetch) -> None:
    origin = partial.origin
    job = await find_job(services, origin.job_id)
    young = services.clock.now() - origin.created_at < _YOUNG_SECONDS
    if job is None and young:
        return
    if job is None or job.status is not Status.PENDING:
        await services.partials.drop(origin.job_id)
    elif partial.whole:
        await complete_left(services, origin.job_id)
    elif origin.url:
        fetch(origin.job_id)


async def _in_place(services: Services, writing: PartialUploadWriter, audio: Audio) -> bool:
    """Move the recording to where its content's name is looked for. False: an earlier try moved it
    there, and it has been deleted since."""
    try:
        await services.blobs.adopt(writing.path, audio, at=services.clock.now())
    except FileNotFoundError:
        return await services.blobs.exists(audio.sha256)
    return True


def _failure(error: errors.RetenderError) -> errors.Failure:
    return errors.Failure(error.code, error.message, retryable=False, spoils_job=True)
