"""A world whose jobs are synced to a Convex database that loses, doubles and delays what is sent
to it, and answers errors, for as long as faults last.
"""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import ClassVar

import httpx
from msgspec.structs import replace

from actors.names import CONVEX_SYNC
from actors.tree import TreeSettings
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.journal.api import Append
from tests.simulation.faults import Fate
from tests.simulation.invariants import Violation
from tests.simulation.world import World
from tests.support.actors.virtual_time import VirtualClock
from tests.support.convex.endpoint import Answer, ConvexEndpoint, Payload, settings

LATE = (0.5, 4.0, 30.0)
"""Seconds after which a doubled or delayed update arrives."""


class RoughConvex(ConvexEndpoint):
    def __init__(self, clock: VirtualClock, fate: Fate, random: Random) -> None:
        super().__init__(clock)
        self._fate = fate
        self._random = random
        self._roughness = random.choice((0.1, 0.3, 0.6))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._fault() if request.method == "POST" else ""
        payload: Payload = json.loads(await request.aread()) if fault else {}
        match fault:
            case "lost":
                raise httpx.ConnectError("lost on the way")
            case "answer lost":
                await super().handle_async_request(request)
                raise httpx.ReadError("the answer is lost on the way")
            case "doubled":
                self._later(payload)
            case "delayed":
                # It arrives when nobody waits for it any more.
                self._later(payload)
                await asyncio.sleep(1e6)
            case "error":
                return httpx.Response(self._random.choice((408, 429, 500, 503)))
        if self._fate.on and request.method == "GET" and self._random.random() < self._roughness:
            raise httpx.ConnectError("lost on the way")
        return await super().handle_async_request(request)

    def _fault(self) -> str:
        if not self._fate.on or self._random.random() >= self._roughness:
            return ""
        fault = self._random.choice(("lost", "answer lost", "doubled", "delayed", "error"))
        self._fate.dealt[f"convex: {fault}"] += 1
        return fault

    def _later(self, payload: Payload) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._random.choice(LATE), self.rows.update, payload)


class ConvexWorld(World):
    AFTERMATH = max(LATE)
    VICTIMS: ClassVar[tuple[str, ...]] = (*World.VICTIMS, CONVEX_SYNC, CONVEX_SYNC)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.convex = RoughConvex(self.clock, self.fate, Random(f"convex {seed}"))
        self.convex.answer(Answer(takes=0.05))

    def _settings(self) -> TreeSettings:
        return replace(super()._settings(), convex=settings(self.convex))

    async def _check(self) -> None:
        await super()._check()
        journal = await self.disk()
        for job_id, job in (await self._check_ends(journal)).items():
            assert job is not None
            texts = [segment.text for segment in await journal.segments(job_id)]
            self._check_row(job, " ".join(texts))

    def _check_row(self, job: Job, text: str) -> None:
        """The row is as the job ended, and each of its ends was shown, once and in order."""
        rows = self.convex.rows
        row = rows.jobs.get(job.id)
        if row is None:
            raise Violation(f"{job.id} is in no row")
        found = (row["status"], row["version"], row["progress"])
        if found != (str(job.status), job.seq, round(job.progress, 1)):
            raise Violation(f"the row of {job.id} says {found}, the job {job.status}, {job.seq}")
        if job.status is Status.COMPLETED and rows.text(job.id) != text:
            raise Violation(f"the row of {job.id} says {rows.text(job.id)!r} instead of {text!r}")
        ends = [
            (str(write.event.status), write.event.seq)
            for writes in self.disk.commits
            for write in writes
            if isinstance(write, Append) and write.event.job_id == job.id and write.event.last
        ]
        if rows.ends[job.id] != ends:
            raise Violation(f"of {job.id} the ends {rows.ends[job.id]} were shown, not {ends}")
