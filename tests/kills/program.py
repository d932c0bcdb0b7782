"""A service that dies on command, for a process of its own.

It takes in some recordings, says which are accepted, and works until all that it knows of is done.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Recipe, Ref
from actors.tree import TreeSettings
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from deployments.logs import configuration
from deployments.serving.local import Service
from retender.jobs.pieces import PieceState
from retender.jobs.submission import Submission
from retender.journal.api import Settle, Write
from retender.journal.connection import Database
from retender.journal.sqlite import SqliteJournal, SqliteOpener
from retender.journal.writer import Writer
from retender.scheduling.pool_size import Bounds
from retender.storage.blobs import BlobStore
from tests.support.engines.scripted import Act, Passage, Script, ScriptedEngine

JOBS_PER_RUN = 2


def script(run: int, number: int) -> Script:
    """What the recording says, known to those who have its numbers."""
    draw = Random(f"{run} {number}")
    passages = tuple(
        Passage(
            tuple(f"word-{run}.{number}.{n}.{w}" for w in range(3)),
            seconds=10.0,
            takes=draw.uniform(0.01, 0.08),
            acts=(Act.DIE,) if draw.random() < 0.02 else (),
        )
        for n in range(draw.randint(1, 8))
    )
    return Script(passages, Passage((), takes=0.02))


class Fuse:
    """Burns down commit by commit."""

    def __init__(self, point: str) -> None:
        self._where, _, number = point.partition(":")
        self._number = int(number or 0)
        self._commits = 0

    def next_commit(self) -> None:
        self._commits += 1

    def reach(self, where: str) -> None:
        if where == self._where and self._commits == self._number:
            os.kill(os.getpid(), signal.SIGKILL)


def lay(fuse: Fuse, log: Path) -> None:
    """Around every commit of this process; each result that was recorded is noted in `log`."""
    commit, apply = SqliteJournal._commit, Writer.apply

    def fused_commit(
        journal: SqliteJournal, database: Database, epoch: int, writes: Sequence[Write]
    ) -> None:
        fuse.next_commit()
        fuse.reach("before")
        commit(journal, database, epoch, writes)
        with log.open("a") as lines:
            for write in writes:
                if isinstance(write, Settle) and write.piece.state is PieceState.DONE:
                    lines.write(f"{write.piece.job_id} {write.piece.index}\n")
        fuse.reach("after")

    def fused_apply(writer: Writer, writes: Sequence[Write]) -> None:
        apply(writer, writes)
        fuse.reach("inside")

    setattr(SqliteJournal, "_commit", fused_commit)  # noqa: B010 - not for the type checker
    setattr(Writer, "apply", fused_apply)  # noqa: B010 - likewise


def serve(folder: Path, run: int, point: str, accepted: Connection) -> None:
    """`point`: `never`, or where to send itself SIGKILL: `before:N`, `inside:N` or `after:N`,
    around and within its Nth commit. `accepted` is sent the ids of the jobs."""
    configuration.configure("ERROR", "human")
    lay(Fuse(point), folder / "recorded.log")
    asyncio.run(_serve(folder, run, accepted.send))


async def _serve(folder: Path, run: int, accepted: Callable[[str], None]) -> None:
    quiet = Recipe.of(configuration.configure, level="ERROR", style="human")
    service = Service(settings(folder), grace=10.0, prepare=quiet)
    await service.start()
    manager = service.runtime.ref(JobManager, JOB_MANAGER)
    blobs = BlobStore(folder)
    for number in range(JOBS_PER_RUN if run >= 0 else 0):
        accepted(await submit(manager, blobs, run, number))
    await all_done(manager)
    await service.stop()


async def all_done(manager: Ref[JobManager]) -> None:
    position = None
    while True:
        info = await manager.ask(JobManager.info)
        if not info.queue_size and not info.active_jobs:
            return
        page = await manager.within(10.0).ask(JobManager.log, position, 5.0)
        position = page.position


async def submit(manager: Ref[JobManager], blobs: BlobStore, run: int, number: int) -> str:
    async with blobs.receive(limit=1_000_000) as upload:
        await upload.write(script(run, number).recorded())
        audio = await upload.finish(at=0.0)
    job_id = f"job-{run}-{number}"
    await manager.ask(JobManager.submit, Submission(job_id=job_id, audio=audio))
    return job_id


def settings(folder: Path) -> TreeSettings:
    return TreeSettings(
        journal=SqliteOpener(str(folder / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(folder)),
        pools=(
            PoolSettings(
                engine=Recipe.of(ScriptedEngine, library=str(folder), lanes=2),
                bounds=Bounds(least=1, most=1),
                transcriber=TranscriberSettings(heartbeat=0.1, poll_seconds=0.5),
            ),
        ),
    )
