"""Engines that are stuck in a native call, in real processes: no call is waited for in vain, and
nothing goes on computing for nobody.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import JOB_MANAGER, TRANSCRIBER_POOL
from actors.runtime.api import Recipe
from actors.supervision.restarts import Backoff
from actors.supervision.supervisor import Supervisor
from actors.tree import TreeSettings
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from deployments.logs import configuration
from deployments.serving.local import Service
from retender.jobs.job import Job
from retender.jobs.submission import Submission
from retender.journal.sqlite import SqliteOpener
from retender.scheduling.pool_size import Bounds
from retender.storage.blobs import BlobStore
from tests.support.engines.native_call import NativeEngine
from tests.support.engines.recognition_service import worker_processes
from tests.support.engines.scripted import Passage, Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

DEADLINE = 120.0
SPOKEN = Script((Passage(("stuck",), takes=0.05), Passage(("free",), takes=0.05)))
AFTERWARDS = Script((Passage(("afterwards",), takes=0.05),))


class House:
    def __init__(self, folder: Path, service: Service) -> None:
        self.manager = service.runtime.ref(JobManager, JOB_MANAGER)
        self._pool = service.runtime.ref(Supervisor, TRANSCRIBER_POOL)
        self._blobs = BlobStore(folder)
        self._stuck = folder / "stuck"

    async def submit(self, job_id: str, script: Script = SPOKEN) -> None:
        async with self._blobs.receive(limit=100_000) as upload:
            await upload.write(script.recorded())
            audio = await upload.finish(at=time.time())
        await self.manager.ask(JobManager.submit, Submission(job_id=job_id, audio=audio))

    async def stuck(self) -> int:
        """Returns the process that is."""
        await until(self._stuck.exists)
        (process,) = worker_processes()
        return process

    async def job(self, job_id: str) -> Job:
        return (await self.manager.ask(JobManager.status, job_id)).job

    async def ended(self, job_id: str) -> Job:
        """By the log: it is asked for what is new, and waits for it."""
        position = None
        async with asyncio.timeout(DEADLINE):
            while not (job := await self.job(job_id)).finished:
                page = await self.manager.within(DEADLINE).ask(JobManager.log, position, 1.0)
                position = page.position
        return job

    async def restarts(self) -> tuple[int, str]:
        (worker,) = (await self._pool.ask(Supervisor.describe)).children
        return worker.restarts, worker.cause


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not there():  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.02)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@asynccontextmanager
async def house(
    folder: Path, *, holds_all: bool = False, silence: float = DEADLINE
) -> AsyncIterator[House]:
    quiet = Recipe.of(configuration.configure, level="ERROR", style="human")
    settings = TreeSettings(
        journal=SqliteOpener(str(folder / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(folder)),
        manager=ManagerSettings(lease_seconds=6.0),
        pools=(
            PoolSettings(
                engine=Recipe.of(NativeEngine, library=str(folder), holds_all=holds_all),
                bounds=Bounds(least=1, most=1),
                transcriber=TranscriberSettings(
                    heartbeat=0.1, poll_seconds=0.5, silence=silence, stop_seconds=0.5
                ),
                backoff=Backoff(first=0.1, cap=0.2),
                look_every=0.2,
            ),
        ),
    )
    service = Service(settings, grace=1.0, prepare=quiet)
    await service.start()
    try:
        yield House(folder, service)
    finally:
        await service.stop()


async def test_a_native_call_that_hangs_is_noticed_and_its_piece_done_by_another_process(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, silence=3.0) as service:
        await service.submit("one")
        process = await service.stuck()
        job = await service.ended("one")
        assert (job.chunks_done, job.attempt) == (2, 2)
        await until(lambda: gone(process))
        restarts, cause = await service.restarts()
        assert restarts == 1
        assert "the engine gave no sign of life for 3 s" in cause


async def test_one_that_lets_nothing_else_run_in_its_process_is_noticed_from_outside(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, holds_all=True) as service:
        await service.submit("one")
        process = await service.stuck()
        job = await service.ended("one")
        assert (job.chunks_done, job.attempt) == (2, 2)
        assert gone(process)
        assert await service.restarts() == (1, "gave no sign of life")


async def test_a_cancelled_job_takes_its_native_call_with_it(tmp_path: Path) -> None:
    async with house(tmp_path) as service:
        await service.submit("one")
        process = await service.stuck()
        await service.manager.ask(JobManager.cancel, "one")
        await until(lambda: gone(process))
        await service.submit("two", AFTERWARDS)
        job = await service.ended("two")
        assert (job.chunks_done, job.attempt) == (1, 1)
        restarts, cause = await service.restarts()
        assert restarts == 0, "that was no crash"
        assert "did not stop" in cause
