"""A world whose clients change their minds: they change options of jobs that wait, edit what was
recognised, and have jobs forgotten, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import TypeVar

from actors.manager.job_manager import JobManager
from retender.errors import (
    AlreadyBegun,
    AlreadyFinished,
    JobNotFound,
    NotCompleted,
    Refusal,
    TranscriptChanged,
    Unreachable,
)
from retender.jobs.job import Options
from retender.journal.api import Append, ForgetJob, SaveDelivery, SaveJob
from retender.transcript.edits import pack
from retender.transcript.segments import Segment
from tests.simulation.invariants import Violation
from tests.simulation.surroundings import Blobs
from tests.simulation.world import FAULTS_END, World
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Script

T = TypeVar("T")


class ForgettingBlobs(Blobs):
    """A worker still at work on a job that is being forgotten finds its recording here: elsewhere
    it fails, and its outcome counts no more in any case."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.unwanted: dict[str, Script] = {}

    def __getitem__(self, sha256: str) -> Script:
        if sha256 not in self._kept and sha256 in self.unwanted:
            return self.unwanted[sha256]
        return super().__getitem__(sha256)


class KeepingWorld(World):
    blobs: ForgettingBlobs

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.blobs = ForgettingBlobs(self.clock)
        self.edited: dict[str, list[tuple[Segment, ...]]] = {}
        """The edits of each job that were acknowledged."""
        self.forgotten: set[str] = set()
        self.changed: dict[str, str] = {}
        """The hot words of each job whose last change was acknowledged."""

    async def _client(self, job_id: str) -> None:
        draw = Random(f"keeping {job_id} {self.random.random()}")
        if draw.random() < 0.2:
            await self._fickle_client(job_id, draw)
            return
        await super()._client(job_id)
        for number in range(draw.choice((0, 1, 3))):
            await self._edit(job_id, number, draw)
        if draw.random() < 0.3:
            await self._forget(job_id)

    async def _fickle_client(self, job_id: str, draw: Random) -> None:
        """Has its job forgotten in the middle of the work on it."""
        await asyncio.sleep(draw.uniform(0.0, FAULTS_END * 0.8))
        self.scripts[job_id] = script = self._script(draw)
        await self._submit(job_id, script, draw)
        self.accepted.add(job_id)
        await asyncio.sleep(draw.uniform(0.0, 20.0))
        await self._forget(job_id)

    async def _submit(self, job_id: str, script: Script, draw: Random) -> bool:
        accepted = await super()._submit(job_id, script, draw)
        for number in range(draw.choice((0, 0, 1, 2)) if accepted else 0):
            wanted = Options(hotwords=f"{number} of {job_id}")
            try:
                await self._insist_on(partial(self._change, job_id, wanted))
            except (AlreadyBegun, AlreadyFinished):
                break
            self.changed[job_id] = wanted.hotwords
        return accepted

    async def _change(self, job_id: str, wanted: Options) -> None:
        await self.manager.ask(JobManager.change_options, job_id, wanted, ("hotwords",))

    async def _edit(self, job_id: str, number: int, draw: Random) -> None:
        text = (Segment(0, 0.0, 1.0, f"edit {number} of {draw.random()}"),)
        try:
            version = await self._insist_on(
                lambda: self.manager.ask(JobManager.edit, job_id, number, pack(text))
            )
        except NotCompleted:
            return
        except TranscriptChanged as changed:
            raise Violation(f"nobody else edits {job_id}: {changed}") from changed
        if version != number + 1:
            raise Violation(f"edit {number} of {job_id} is version {version}")
        self.edited.setdefault(job_id, []).append(text)

    async def _forget(self, job_id: str) -> None:
        script = self.scripts[job_id]
        self.blobs.unwanted[script.audio().sha256] = script
        await self._insist_on(lambda: self.manager.ask(JobManager.forget, job_id))
        self.forgotten.add(job_id)
        self.accepted.discard(job_id)
        try:
            await self._insist_on(lambda: self.manager.ask(JobManager.status, job_id))
        except JobNotFound:
            return
        raise Violation(f"{job_id} was forgotten and is there")

    async def _insist_on(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except (AlreadyBegun, AlreadyFinished, JobNotFound, NotCompleted, TranscriptChanged):
                raise
            except (Unreachable, Refusal):
                await asyncio.sleep(1.0)

    async def _check(self) -> None:
        await super()._check()
        journal = await self.disk()
        for job_id in sorted(self.forgotten):
            if await journal.job(job_id) is not None:
                raise Violation(f"{job_id} was forgotten and has come back")
        self._check_nothing_follows()
        for job_id, hotwords in self.changed.items():
            job = await journal.job(job_id)
            if job is not None and job.options.hotwords != hotwords:
                raise Violation(f"{job_id} has lost its change to {hotwords}: {job.options}")
        for job_id, edits in self.edited.items():
            if job_id not in self.forgotten:
                kept = await journal.edit(job_id)
                if kept is None or (kept.version, kept.segments) != (len(edits), edits[-1]):
                    raise Violation(f"{job_id} has {kept} instead of its last edit")

    def _check_nothing_follows(self) -> None:
        over: set[str] = set()
        for writes in self.disk.commits:
            for write in writes:
                match write:
                    case ForgetJob(job_id):
                        over.add(job_id)
                    case SaveJob(job) if job.id in over:
                        raise Violation(f"{job.id} came back")
                    case Append(event) if event.job_id in over:
                        raise Violation(f"{event.job_id} goes on after it was forgotten")
                    case SaveDelivery(delivery) if delivery.job_id in over:
                        raise Violation(f"{delivery.job_id} is told of after it was forgotten")
