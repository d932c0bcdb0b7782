"""The service behind real HTTP: the whole tree and the app in this process, on a port of their own.

Uploads are scripts (`Script.recorded()`), and a scripted engine in this process "hears" them, so
that what a client gets is known to the word and takes no time; `Passage` makes it slow, or fail.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from actors.broadcaster import Broadcaster
from actors.hub import Hub
from actors.job_manager import JobManager, ManagerSettings
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Child, Recipe
from actors.runtime.local import LocalRuntime
from actors.transcriber import TranscriberSettings
from actors.transcriber_pool import PoolSettings
from actors.tree import TreeSettings, root
from deployments.local import SystemClock
from deployments.web import Web, listen
from retender.blobs import BlobStore
from retender.journal.sqlite import SqliteOpener
from retender.sizing import Bounds
from serve_app.services import Services
from serve_app.settings import HttpSettings
from tests.scripted import Passage, Script, ScriptedEngine

VERSION = "0.0.test"
PLAIN = HttpSettings(version=VERSION, language="en")
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
        self.http = httpx.AsyncClient(base_url=web.address, timeout=30.0, trust_env=False)

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
    lanes: int = 2,
) -> AsyncIterator[Site]:
    """A service of one's own, gone with the block. `engine` replaces the scripted one."""
    runtime = LocalRuntime(SystemClock())
    if engine is None:
        engine = Recipe.of(ScriptedEngine, library=str(folder), lanes=lanes)
    pool = PoolSettings(
        engine=engine,
        host="local",
        bounds=Bounds(least=1, most=1),
        transcriber=TranscriberSettings(patience=0.1),
    )
    tree = TreeSettings(
        journal=SqliteOpener(str(folder / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(folder)),
        pool=pool,
        manager=manager,
    )
    top: Child = await runtime.spawn(root(tree))
    services = Services(
        manager=runtime.ref(JobManager, JOB_MANAGER),
        broadcaster=runtime.ref(Broadcaster, BROADCASTER),
        hub=Hub(runtime.ref(Broadcaster, BROADCASTER)),
        blobs=BlobStore(folder),
        clock=runtime.clock,
        new_id=lambda: uuid.uuid4().hex,
        settings=settings,
    )
    web = Web(services, listen("127.0.0.1", 0))
    await web.start()
    here = Site(services, web, runtime)
    try:
        yield here
    finally:
        await here.http.aclose()
        await web.stop()
        await top.stop(5.0)
