"""Recordings to text without a running service: the whole tree in this process, for a while."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from actors.broadcaster import Broadcaster
from actors.hub import Hub
from actors.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Recipe
from actors.transcriber_pool import PoolSettings
from deployments import logs
from deployments.local import Service, tree
from deployments.settings import Settings
from retender.blobs import BlobStore
from retender.errors import RetenderError
from retender.events import Event, Passing
from retender.jobs import Audio, Options
from retender.states import Status
from retender.submission import Submission
from retender.transcript import Transcript

READ_BYTES = 1024 * 1024

Watch = Callable[[Event | Passing], None]


class NotTranscribed(RetenderError):
    """With the reason, as the job gives it."""

    code = "not_transcribed"


class Desk:
    """Where recordings are handed in, and waited for."""

    def __init__(self, service: Service, blobs: BlobStore, hub: Hub) -> None:
        self._manager = service.runtime.ref(JobManager, JOB_MANAGER).within(60.0)
        self._blobs = blobs
        self._hub = hub

    async def transcribe(self, file: Path, options: Options, watch: Watch) -> Transcript:
        """`watch` is told how it goes. Raises `NotTranscribed` when it comes to nothing."""
        audio = await self._upload(file)
        job_id = uuid.uuid4().hex
        submission = Submission(job_id=job_id, audio=audio, options=options)
        await self._manager.ask(JobManager.submit, submission)
        async with self._hub.follow(job_id) as follower:
            async for news in follower:
                watch(news)
                if isinstance(news, Event) and news.last:
                    break
        job = (await self._manager.ask(JobManager.status, job_id)).job
        if job.status is not Status.COMPLETED:
            reason = job.failure.message if job.failure is not None else str(job.status)
            raise NotTranscribed(f"{file}: {reason}")
        return await self._manager.ask(JobManager.transcript, job_id)

    async def _upload(self, file: Path) -> Audio:
        async with self._blobs.receive(limit=sys.maxsize) as upload:
            with file.open("rb") as source:
                while data := source.read(READ_BYTES):
                    await upload.write(data)
            return await upload.finish(at=time.time())


@asynccontextmanager
async def passing_service(settings: Settings, pool: PoolSettings) -> AsyncIterator[Desk]:
    """A service of one's own in a folder of its own, gone with the block."""
    log_setup = Recipe.of(logs.configure, level="ERROR", style=settings.log_format)
    with tempfile.TemporaryDirectory(prefix="retender-") as folder:
        options = pool.engine.options | {"root": folder}
        engine = Recipe(pool.engine.target, options)
        here = settings.model_copy(update={"data_dir": Path(folder)})
        there = tree(here, msgspec.structs.replace(pool, engine=engine))
        service = Service(there, grace=settings.grace_seconds, logs=log_setup)
        await service.start()
        hub = Hub(service.runtime.ref(Broadcaster, BROADCASTER))
        reading = asyncio.create_task(hub.run())
        try:
            yield Desk(service, BlobStore(folder), hub)
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            await service.drain()
            await service.stop()
