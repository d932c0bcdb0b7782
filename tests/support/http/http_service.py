"""The service behind real HTTP: the whole tree and the app in this process, on a port of their own.

Uploads are scripts (`Script.recorded()`), and a scripted engine in this process "hears" them, so
that what a client gets is known to the word and takes no time; `Passage` makes it slow, or fail.
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.collector import Collector
from actors.delivery.convex_client import ConvexSettings
from actors.delivery.convex_sync import ConvexSync
from actors.delivery.webhooks import WebhookSettings
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.metrics.meter import Meter
from actors.names import (
    BROADCASTER,
    COLLECTOR,
    CONVEX_SYNC,
    JOB_MANAGER,
    METER,
    RATE_LIMITER,
    ROOT,
)
from actors.rate_limiter import RateLimiter
from actors.runtime.api import Child, Recipe
from actors.runtime.local import LocalRuntime
from actors.supervision.supervisor import Supervisor
from actors.tree import TreeSettings, root
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from deployments.serving.web import Web, listen
from deployments.wiring.clock import SystemClock
from retender.jobs.events import Event
from retender.jobs.submission import Submission
from retender.journal.api import JournalOpener
from retender.journal.sqlite import SqliteOpener
from retender.outbound.connections import OutboundAccess
from retender.outbound.tls import trust
from retender.scheduling.pool_size import Bounds
from retender.storage.blobs import Blobs, BlobStore
from serve_app.access.key_file import Keyring
from serve_app.app import create_app
from serve_app.settings import HttpSettings
from serve_app.state.services import Services
from tests.support.engines.scripted import Passage, Script, ScriptedEngine

VERSION = "0.0.test"
PLAIN = HttpSettings(version=VERSION, language="en")
DEADLINE = 60.0
MANAGER = ManagerSettings(max_queue=100)


def says(*words: str, takes: float = 0.0, seconds: float = 1.0, chunks: int = 1) -> Script:
    """A recording, each of whose chunks says these words."""
    passage = Passage(words, seconds=seconds, takes=takes)
    return Script((passage,) * chunks, preparation=Passage((), takes=0.0))


class Site:
    def __init__(self, services: Services, web: Web, runtime: LocalRuntime) -> None:
        self.services = services
        self.web = web
        self.runtime = runtime
        self.url = web.address
        self.http = httpx.AsyncClient(
            base_url=web.address, timeout=DEADLINE, verify=trust(), trust_env=False
        )

    async def submit(self, script: Script, job_id: str = "a", owner: str = "") -> str:
        async with self.services.blobs.receive(limit=10**6) as upload:
            await upload.write(script.recorded())
            audio = await upload.finish(at=self.services.clock.now())
        submission = Submission(job_id=job_id, audio=audio, owner=owner)
        await self.services.manager.ask(JobManager.submit, submission)
        return job_id

    async def kill(self, name: str) -> None:
        """End one life of an actor; its supervisor begins another."""
        instance = next(task for task in asyncio.all_tasks() if task.get_name() == name)
        instance.cancel()
        await asyncio.wait({instance})

    async def ended(self, job_id: str) -> None:
        """Wait for the job's end."""
        async with self.services.hub.follow(job_id) as news:
            async for each in news:
                if isinstance(each, Event) and each.last:
                    return

    async def first_job(self) -> str:
        """Wait for there to be a job."""
        async with asyncio.timeout(DEADLINE):
            while True:
                listed = (await self.http.get("/jobs")).json()["jobs"]
                if listed:
                    return str(listed[-1]["job_id"])
                await asyncio.sleep(0.01)

    async def job(self, job_id: str) -> dict[str, object]:
        answer = await self.http.get(f"/job/{job_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body


@asynccontextmanager
async def site(
    folder: Path,
    *,
    settings: HttpSettings = PLAIN,
    manager: ManagerSettings = MANAGER,
    engine: Recipe | None = None,
    journal: JournalOpener | None = None,
    keys: Keyring | None = None,
    webhooks: WebhookSettings | None = None,
    convex: ConvexSettings | None = None,
    traces: Recipe | None = None,
    reach: OutboundAccess | None = None,
    blobs: Blobs | None = None,
    rate_limits: dict[str, int] | None = None,
    lanes: int = 2,
    workers: bool = True,
    narrow: bool = False,
    app: Callable[[Services], FastAPI] = create_app,
    runtime: LocalRuntime | None = None,
) -> AsyncIterator[Site]:
    """A service of one's own, gone with the block. `engine` replaces the scripted one; without
    `workers` nothing is done until the test does it (`manual_worker`). `narrow`: the kernel holds
    little of what a client does not read. `rate_limits`: the tree counts callers, for several apps.
    """
    runtime = runtime or LocalRuntime(SystemClock())
    if engine is None:
        engine = Recipe.of(ScriptedEngine, library=str(folder), lanes=lanes)
    pool = PoolSettings(
        engine=engine,
        host="local",
        bounds=Bounds(least=1, most=1),
        transcriber=TranscriberSettings(poll_seconds=0.1),
    )
    tree = TreeSettings(
        journal=journal or SqliteOpener(str(folder / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(folder)),
        pools=(pool,) if workers else (),
        manager=manager,
        webhooks=webhooks,
        convex=convex,
        traces=traces,
        rate_limits=rate_limits,
    )
    top: Child = await runtime.spawn(root(tree))
    services = Services(
        manager=runtime.ref(JobManager, JOB_MANAGER),
        broadcaster=runtime.ref(Broadcaster, BROADCASTER),
        meter=runtime.ref(Meter, METER),
        collector=runtime.ref(Collector, COLLECTOR),
        convex=None if convex is None else runtime.ref(ConvexSync, CONVEX_SYNC),
        rate_limiter=None if rate_limits is None else runtime.ref(RateLimiter, RATE_LIMITER),
        root=runtime.ref(Supervisor, ROOT),
        hub=Hub(runtime.ref(Broadcaster, BROADCASTER)),
        blobs=blobs or BlobStore(folder),
        clock=runtime.clock,
        new_id=lambda: uuid.uuid4().hex,
        settings=settings,
        ticket_secret=b"not known to anyone",
        keys=keys or Keyring(),
        dropped=runtime.all_dropped,
        reach=reach or OutboundAccess(),
    )
    listener = listen("127.0.0.1", 0)
    if narrow:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    web = Web(services, listener, app)
    await web.start()
    here = Site(services, web, runtime)
    try:
        yield here
    finally:
        await here.http.aclose()
        await web.stop()
        await top.stop(5.0)
