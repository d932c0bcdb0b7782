"""Transcription without a running service: the whole tree in this process, temporarily."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
import msgspec
from pydantic import SecretStr

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Recipe
from actors.transcripts import whole_transcript
from actors.workers.transcriber_pool import PoolSettings
from deployments.client.backend import (
    NotTranscribed,
    OnStep,
    RecordingSource,
    TranscriptionRequest,
    TranscriptionStep,
)
from deployments.serving.local import Service, tree
from deployments.settings import Settings
from deployments.wiring import storage
from deployments.wiring.child_processes import preparation
from retender.errors import FetchFailed, RetenderError
from retender.jobs.events import Event, TransientProgress
from retender.jobs.job import Job, Options
from retender.jobs.messages import note_text
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.storage.audio import Audio
from retender.storage.blobs import BlobStore
from retender.storage.spool import Upload
from retender.transcript.formats import render
from serve_app.limits import FETCH_CONNECT_SECONDS, FETCH_IDLE_SECONDS
from serve_app.state.background_tasks import restart_on_bug
from serve_app.uploads.options import wanted

READ_BYTES: Final = 1024 * 1024
ANSWER_SECONDS: Final = 60.0
CANCEL_SECONDS: Final = 5.0


class InProcessBackend:
    """A backend over a temporary service of this process."""

    def __init__(self, service: Service, blobs: BlobStore, hub: Hub, language: str) -> None:
        self._manager = service.runtime.ref(JobManager, JOB_MANAGER).within(ANSWER_SECONDS)
        self._blobs = blobs
        self._hub = hub
        self._language = language

    async def transcribe(
        self, source: RecordingSource, request: TranscriptionRequest, watch: OnStep
    ) -> str:
        options = wanted({name: [value] for name, value in request.fields.items()}).options
        job = await self._job(await self._received(source), options, watch)
        if job.status is not Status.COMPLETED:
            reason = job.failure.message if job.failure is not None else f"the job is {job.status}"
            raise NotTranscribed(reason)
        transcript = await whole_transcript(self._manager, job.id)
        return render(transcript, request.kind, task=str(options.task))

    async def _job(self, audio: Audio, options: Options, watch: OnStep) -> Job:
        """The job after its end."""
        job_id = uuid.uuid4().hex
        submission = Submission(job_id=job_id, audio=audio, options=options)
        await self._manager.ask(JobManager.submit, submission)
        try:
            async with self._hub.follow(job_id) as follower:
                async for update in follower:
                    watch(self._step(update))
                    if isinstance(update, Event) and update.last:
                        break
        except asyncio.CancelledError:
            with suppress(RetenderError):
                await self._manager.within(CANCEL_SECONDS).ask(JobManager.cancel, job_id)
            raise
        return (await self._manager.ask(JobManager.status, job_id)).job

    def _step(self, update: Event | TransientProgress) -> TranscriptionStep:
        left = update.estimated_time_remaining if isinstance(update, TransientProgress) else None
        return TranscriptionStep(note_text(update.note, self._language), update.progress, left)

    async def _received(self, source: RecordingSource) -> Audio:
        async with self._blobs.receive(limit=sys.maxsize) as upload:
            if isinstance(source.at, Path):
                await _copy(source.at, upload)
            else:
                await _fetch(source.at, upload)
            return await upload.finish(at=time.time())


async def _copy(file: Path, upload: Upload) -> None:
    with file.open("rb") as source:
        while data := source.read(READ_BYTES):
            await upload.write(data)


async def _fetch(url: str, upload: Upload) -> None:
    """Fetch from any address: the person at the terminal chose it."""
    timeout = httpx.Timeout(FETCH_IDLE_SECONDS, connect=FETCH_CONNECT_SECONDS)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, follow_redirects=True) as http,
            http.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            async for data in answer.aiter_bytes():
                await upload.write(data)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error) or type(error).__name__
        raise FetchFailed(f"the recording could not be fetched: {why}") from error


@asynccontextmanager
async def temporary_service(
    settings: Settings, pools: Sequence[PoolSettings]
) -> AsyncIterator[InProcessBackend]:
    """A service in a temporary folder, stopped at the end of the block."""
    quiet = preparation("ERROR", settings.log_format)
    with tempfile.TemporaryDirectory(prefix="retender-") as folder:
        here = settings.model_copy(
            update={"data_dir": Path(folder), "blobs_url": "", "database_url": SecretStr("")}
        )
        there = tree(here, [_moved(pool, folder) for pool in pools])
        service = Service(there, grace=settings.grace_seconds, prepare=quiet)
        await service.start()
        hub = Hub(service.runtime.ref(Broadcaster, BROADCASTER))
        reading = asyncio.create_task(restart_on_bug("reading the news", hub.run))
        try:
            yield InProcessBackend(service, BlobStore(folder), hub, settings.language)
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            await service.drain()
            await service.stop()


def _moved(pool: PoolSettings, folder: str) -> PoolSettings:
    """The same pool with its jobs in this folder. Models and usage ledgers stay where they are."""
    engine = Recipe(pool.engine.target, storage.in_folder(pool.engine.options, folder))
    return msgspec.structs.replace(pool, engine=engine)
