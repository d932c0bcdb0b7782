"""The whole service with real recognition: the tree as it is deployed, its workers in processes of
their own, and the digits model in them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Recipe
from actors.transcripts import whole_transcript
from actors.workers.transcriber_pool import PoolSettings
from deployments.logs import configuration
from deployments.serving.local import Service, tree
from deployments.settings import Settings, read
from deployments.wiring import recognition
from deployments.wiring.child_processes import share_memory_among_threads
from retender.audio.speech import DetectorName
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.preparation import Preparation
from retender.jobs.events import Event
from retender.jobs.job import Job, Options
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.scheduling.pool_size import Bounds
from retender.storage.audio import Audio
from retender.storage.blobs import BlobStore
from retender.transcript.segments import Transcript

DEADLINE = 240.0
"""Seconds on a machine that has much else to do."""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


Watch = Callable[[Event], None]


def ignore(_: Event) -> None:
    """Who is not interested."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How many work side by side, and what they are held to."""

    workers: int = 1
    lanes: int = 1
    batch: int = 1
    idle_seconds: float = 600.0
    most_seconds: float = 36_000.0
    detector: DetectorName = DetectorName.SILERO


class WholeService:
    """Where recordings are handed in and waited for."""

    def __init__(self, folder: Path, service: Service, hub: Hub) -> None:
        self.folder = folder
        self.manager = service.runtime.ref(JobManager, JOB_MANAGER).within(60.0)
        self._blobs = BlobStore(folder)
        self._hub = hub
        self._numbers = itertools.count()

    async def submit(self, recording: Path, options: Options, *, job_id: str = "") -> str:
        """The job's id."""
        job_id = job_id or f"job-{next(self._numbers)}"
        audio = await self._upload(recording)
        submission = Submission(job_id=job_id, audio=audio, options=options)
        await self.manager.ask(JobManager.submit, submission)
        return job_id

    async def ended(self, job_id: str, watch: Watch = ignore) -> Job:
        """`watch` is told of each event on the way."""
        async with asyncio.timeout(DEADLINE), self._hub.follow(job_id) as follower:
            async for news in follower:
                if isinstance(news, Event):
                    watch(news)
                    if news.last:
                        break
        return (await self.manager.ask(JobManager.status, job_id)).job

    async def transcript(self, job_id: str) -> Transcript:
        return await whole_transcript(self.manager, job_id)

    async def heard(self, recording: Path, options: Options, watch: Watch = ignore) -> Transcript:
        """All at once."""
        job = await self.ended(await self.submit(recording, options), watch)
        assert job.status is Status.COMPLETED, f"it ended as {job.status}: {job.failure}"
        return await self.transcript(job.id)

    async def _upload(self, recording: Path) -> Audio:
        async with self._blobs.receive(limit=sys.maxsize) as upload:
            await upload.write(await asyncio.to_thread(recording.read_bytes))
            return await upload.finish(at=time.time())


@asynccontextmanager
async def whole_service(folder: Path, shape: Shape) -> AsyncIterator[WholeService]:
    """On this folder, which may have seen services before."""
    settings = read(
        {
            "RETENDER_DATA_DIR": str(folder),
            "RETENDER_OFFLINE": "yes",
            "DEFAULT_MODEL": "digits",
            "MAX_AUDIO_SECONDS": str(shape.most_seconds),
            "PATH": os.environ["PATH"],
        },
        Path(os.devnull),
    )
    child = Recipe.of(prepare_child)
    service = Service(tree(settings, [_pool(settings, shape)]), grace=10.0, prepare=child)
    await service.start()
    hub = Hub(service.runtime.ref(Broadcaster, BROADCASTER))
    reading = asyncio.create_task(hub.run())
    try:
        yield WholeService(folder, service, hub)
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        await service.stop()


def prepare_child() -> None:
    """As the deployment does it, but for the low priority: other tests run beside these."""
    configuration.configure("ERROR", "human")
    share_memory_among_threads()


def _pool(settings: Settings, shape: Shape) -> PoolSettings:
    """That of the deployment, in another shape."""
    pool = recognition.pool(settings)
    whisper = msgspec.structs.replace(
        msgspec.convert(pool.engine.options["settings"], WhisperSettings),
        device="cpu",
        precision="int8",
        lanes=shape.lanes,
        batch=shape.batch,
        idle_seconds=shape.idle_seconds,
    )
    preparation = msgspec.structs.replace(
        msgspec.convert(pool.engine.options["preparation"], Preparation), detector=shape.detector
    )
    changed = {"settings": whisper, "preparation": preparation}
    engine = Recipe(pool.engine.target, pool.engine.options | changed)
    bounds = Bounds(least=shape.workers, most=shape.workers)
    return msgspec.structs.replace(pool, engine=engine, bounds=bounds)


def worker_processes() -> set[int]:
    """Those of this process' services; none are found where there is no /proc."""
    entries = [entry.name for entry in Path("/proc").glob("[0-9]*")]
    return {pid for pid in map(int, entries) if _is_worker(pid)}


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def resident(pid: int, what: Literal["VmRSS", "VmHWM"] = "VmRSS") -> int:
    """Bytes of memory that the process has now, or had at its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024


def _is_worker(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return False
    return parent == os.getpid() and b"actors.runtime.process.child" in words
