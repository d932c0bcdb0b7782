"""The one-process profile: each actor a task of this process, each engine in a child of its own."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from importlib.metadata import version
from typing import Any

from loguru import logger

from actors.broadcaster import Broadcaster
from actors.hub import Hub
from actors.job_manager import JobManager, ManagerSettings
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Child, Exit, Recipe
from actors.runtime.local import LocalRuntime
from actors.runtime.process import ProcessHost
from actors.transcriber_pool import PoolSettings
from actors.tree import TreeSettings, root
from deployments import logs
from deployments.settings import Settings
from deployments.web import Web, listen
from retender.blobs import BlobStore
from retender.errors import RetenderError
from retender.journal.durability import durability_warning
from retender.journal.sqlite import SqliteOpener
from retender.retention import DAY, Retention
from retender.retry import RetryPolicy
from serve_app.services import Services
from serve_app.settings import HttpSettings

MEBIBYTE = 1024 * 1024


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


def tree(settings: Settings, pool: PoolSettings | None) -> TreeSettings:
    data = settings.data_dir.absolute()
    return TreeSettings(
        journal=SqliteOpener(str(data / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(data)),
        pool=pool,
        manager=ManagerSettings(
            max_queue=settings.max_queue, retry=RetryPolicy(attempts=settings.max_retries)
        ),
        retention=Retention(
            upload_seconds=settings.upload_days * DAY,
            audio_seconds=settings.audio_days * DAY,
            job_seconds=settings.job_days * DAY,
        ),
    )


class Service:
    """The whole service in this process, from start to stop."""

    def __init__(self, settings: TreeSettings, *, grace: float, logs: Recipe) -> None:
        """`logs` sets up the logs of the child processes, which begin with none of ours."""
        host = ProcessHost(Recipe.of(SystemClock), prepare=logs)
        self.runtime = LocalRuntime(SystemClock(), hosts={"process": host})
        self._settings = settings
        self._grace = grace
        self._root: Child

    async def start(self) -> None:
        self._root = await self.runtime.spawn(root(self._settings))

    async def exited(self) -> Exit:
        return await self._root.exited()

    async def drain(self) -> None:
        """Intake first; then what is in hand, within the grace time."""
        manager = self.runtime.ref(JobManager, JOB_MANAGER)
        try:
            await manager.within(self._grace).ask(JobManager.drain, self._grace)
        except RetenderError as error:
            logger.warning("stopping without the manager's word: {}", error.message)

    async def stop(self) -> Exit:
        """Everything, from the bottom of the tree to its top."""
        return await self._root.stop(self._grace)


def http(settings: Settings) -> HttpSettings:
    return HttpSettings(
        version=version("retender"),
        language=settings.language,
        most_bytes=int(settings.max_file_mb * MEBIBYTE),
        max_concurrent_jobs=settings.max_concurrent_jobs,
        ping_interval=settings.websocket_ping_interval,
        websocket_timeout=settings.websocket_timeout,
    )


def services(service: Service, settings: Settings) -> Services:
    """What the app works with, where everything is in this process."""
    runtime = service.runtime
    return Services(
        manager=runtime.ref(JobManager, JOB_MANAGER),
        broadcaster=runtime.ref(Broadcaster, BROADCASTER),
        hub=Hub(runtime.ref(Broadcaster, BROADCASTER)),
        blobs=BlobStore(settings.data_dir.absolute()),
        clock=runtime.clock,
        new_id=lambda: uuid.uuid4().hex,
        settings=http(settings),
    )


async def serve(settings: Settings, pool: PoolSettings | None) -> int:
    """Run until told to stop, or until the tree gives up. Returns the exit status."""
    listener = listen(settings.host, settings.port)
    log_setup = Recipe.of(logs.configure, level=settings.log_level, style=settings.log_format)
    service = Service(tree(settings, pool), grace=settings.grace_seconds, logs=log_setup)
    told = _stop_signal()
    await service.start()
    web = Web(services(service, settings), listener)
    await web.start()
    if (sentence := durability_warning(str(settings.data_dir.absolute()))) is not None:
        logger.warning(sentence)
    logger.info("Retender is up at {}", web.address)
    logger.info("its data is in {}", settings.data_dir.absolute())
    ended = asyncio.create_task(service.exited())
    either: set[asyncio.Future[Any]] = {told, ended}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        logger.error("Retender gives up: {}", ended.result().cause)
        await web.stop()
        return 1
    logger.info("stopping; pieces in hand have {:g} s to finish", settings.grace_seconds)
    web.close_intake()
    await service.drain()
    await web.stop()
    exit_ = await service.stop()
    logger.info("stopped: {}", exit_.reason)
    return 0 if exit_.normal else 1


def _stop_signal() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not told.done():
            told.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell)
    return told
