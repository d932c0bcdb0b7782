"""Recordings that come in several goes, once they are whole; and those that never will be.

Each step may be the last before a crash, and doing all of them again does nothing twice: `sweep`
takes up what an earlier life has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender.errors import (
    Failure,
    JobNotFound,
    RetenderError,
    Unreachable,
    UploadExpired,
    UploadLocked,
    WorkError,
)
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.pieces import UPLOAD
from retender.jobs.states import Stage, Status
from retender.jobs.submission import Receipt, Submission
from retender.storage.audio import Audio
from retender.storage.partial_uploads import Origin, PartialUpload, PartialUploadWriter
from serve_app.limits import SWEEP_AGAIN_SECONDS, SWEEP_SECONDS
from serve_app.services import Services
from serve_app.uploads.submitting import heard, submit

_YOUNG: Final = 3600.0
"""Seconds for which an upload without a job may be one that is being begun."""


async def expect(
    services: Services,
    new: Submission,
    *,
    owner: str | None,
    size: int | None = None,
    url: str = "",
) -> Receipt:
    """A job whose recording is still to come. First what the recording goes into, then the job: so
    there is no job without an upload to go on with."""
    origin = Origin(
        job_id=new.job_id, owner=owner, size=size, url=url, created_at=services.clock.now()
    )
    await services.partials.create(origin)
    try:
        receipt = await submit(services, new)
    except Unreachable:
        # The job may be there all the same: if it is not, this is swept away later.
        raise
    except RetenderError:
        await services.partials.drop(new.job_id)
        raise
    if receipt.existing:
        await services.partials.drop(new.job_id)
    return receipt


async def arrive(services: Services, writing: PartialUploadWriter) -> None:
    """All of it is here: it becomes its job's audio."""
    job_id = writing.origin.job_id
    audio = await writing.seal()
    if await _in_place(services, writing, audio):
        await heard(lambda: services.manager.ask(JobManager.audio_arrived, job_id, audio))
        await services.partials.drop(job_id)
    else:
        gone = UploadExpired("the upload was whole, but is not kept any more")
        await give_up(services, job_id, gone)


async def give_up(services: Services, job_id: str, error: RetenderError) -> None:
    """It will never be whole: its job fails of this."""
    failure = error.failure() if isinstance(error, WorkError) else _failure(error)
    await heard(lambda: services.manager.ask(JobManager.upload_failed, job_id, failure))
    await services.partials.drop(job_id)


def tell_progress(services: Services, job_id: str, offset: int, size: int | None) -> None:
    """In passing, to whoever watches the job."""
    percent: dict[str, str | int | float] = {"percent": 100 * offset // size} if size else {}
    note = Note("uploading", percent)
    services.broadcaster.tell(Broadcaster.progress, job_id, UPLOAD, 0.0, Stage.UPLOADING, note)


async def job_of(services: Services, job_id: str, owner: str | None = None) -> Job | None:
    try:
        return (await services.manager.ask(JobManager.status, job_id, owner)).job
    except JobNotFound:
        return None


Fetch = Callable[[str], None]


async def sweeping(services: Services, fetch: Fetch) -> None:
    """At the start and from then on: finish what is whole, begin again what was being fetched, and
    let go of what nobody waits for."""
    while True:
        try:
            await sweep(services, fetch)
            await asyncio.sleep(SWEEP_SECONDS)
        except (RetenderError, OSError) as error:
            logger.debug("uploads are not looked after now: {}", error)
            await asyncio.sleep(SWEEP_AGAIN_SECONDS)


async def sweep(services: Services, fetch: Fetch) -> None:
    for partial in await services.partials.all():
        await _settle(services, partial, fetch)


async def _settle(services: Services, partial: PartialUpload, fetch: Fetch) -> None:
    origin = partial.origin
    job = await job_of(services, origin.job_id)
    young = services.clock.now() - origin.created_at < _YOUNG
    if job is None and young:
        return
    if job is None or job.status is not Status.PENDING:
        await services.partials.drop(origin.job_id)
    elif partial.whole:
        try:
            async with services.partials.open(origin.job_id) as writing:
                await arrive(services, writing)
        except (UploadLocked, JobNotFound):
            logger.debug("an upload is being finished elsewhere")
    elif origin.url:
        fetch(origin.job_id)


async def _in_place(services: Services, writing: PartialUploadWriter, audio: Audio) -> bool:
    """Under its content's name. False: it was there once, and is gone."""
    try:
        await services.blobs.adopt(writing.path, audio, at=services.clock.now())
    except FileNotFoundError:
        return await services.blobs.exists(audio.sha256)
    return True


def _failure(error: RetenderError) -> Failure:
    return Failure(error.code, error.message, retryable=False, spoils_job=True)
