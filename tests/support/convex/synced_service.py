"""A service in virtual time whose jobs are synced to a stand-in for Convex."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from loguru import logger
from msgspec.structs import replace

from actors.broadcasting.broadcaster import Broadcaster
from actors.delivery.convex_sync import ConvexSync
from retender.outbound.convex_status import ConvexStatus
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, CONVEX_SYNC
from actors.runtime.api import Child, Recipe, Spawn
from retender.errors import ConvexNotSetUp, CorruptMedia, JobNotFound
from retender.jobs.job import Options
from retender.outbound.limits import CONVEX_BODY_BYTES, CONVEX_FAILURES
from retender.workers.orders import Failed
from tests.support.actors.manager_service import SETTINGS, Service, recording
from tests.support.actors.virtual_time import VirtualClock
from tests.support.convex.endpoint import KEY, Answer, ConvexEndpoint, Payload, settings
from tests.support.engines.scripted import Passage, Script

HOUR = 3600.0

SOON = 2.5

DOWN = Answer(error=httpx.ConnectError("refused"))

REFUSED = Answer(401, body=b'{"error": {"code": "unauthorized", "message": "not the key"}}')

WELL = Answer()


class Synced(Service):
    """A service whose jobs are synced once the test starts that."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, replace(SETTINGS, convex=True, max_queue=1000))
        self.endpoint = ConvexEndpoint(clock)
        self.sync = self.runtime.ref(ConvexSync, CONVEX_SYNC)

    async def start_sync(self) -> Child:
        recipe = Recipe.of(ConvexSync, settings=settings(self.endpoint))
        return await self.spawn(Spawn(CONVEX_SYNC, recipe))

    def row(self, job_id: str) -> Payload:
        return self.endpoint.rows.jobs[job_id]

    def ends(self, job_id: str) -> list[str]:
        assert not self.endpoint.rows.refused_ends[job_id], "an end was overtaken"
        return [status for status, _ in self.endpoint.rows.ends[job_id]]

    async def state(self) -> ConvexStatus:
        """What waits in the outbox is looked at every few seconds."""
        await self.wait(6.0)
        return await self.sync.ask(ConvexSync.status)

    async def finish(self, *job_ids: str) -> None:
        for job_id in job_ids:
            await self.submit(job_id)
        await self.work_off()

    async def fail(self, job_id: str) -> None:
        await self.submit(job_id)
        order = await self.order()
        await self.ask_for(0, Failed(order.token, CorruptMedia("broken").failure()))
