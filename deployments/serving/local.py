"""The one-process profile: each actor a task of this process, each engine in a child of its own."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

import msgspec
from fastapi import FastAPI
from loguru import logger

from actors import names
from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.collector import Collector
from actors.delivery.convex_sync import ConvexSync
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.metrics.meter import Meter
from actors.rate_limiter import RateLimiter
from actors.runtime.api import Child, Exit, Recipe, Runtime
from actors.runtime.local import LocalRuntime
from actors.runtime.process.host import ProcessHost
from actors.supervision.supervisor import Supervisor
from actors.tree import TreeSettings, root
from actors.workers.transcriber_pool import PoolSettings
from deployments.serving import address, browser
from deployments.serving.draining import STOP_SECONDS, drain
from deployments.serving.signals import Signals
from deployments.serving.start_message import start_message, warnings
from deployments.serving.web import Web, listen
from deployments.settings import Settings
from deployments.wiring import data_folder, recognition, storage
from deployments.wiring.blobs import blobs
from deployments.wiring.child_processes import preparation
from deployments.wiring.clock import SystemClock
from deployments.wiring.convex import convex
from deployments.wiring.journals import journal
from deployments.wiring.keys import keyring
from deployments.wiring.traces import traces
from deployments.wiring.webhooks import webhooks
from deployments.wiring.whisper import default_model, library
from retender.jobs.retention import DAY, Retention
from retender.jobs.retry import RetryPolicy
from serve_app.access.key_file import Keyring
from serve_app.app import create_app
from serve_app.settings import DataState, HttpSettings, InstanceLimits
from serve_app.state.services import Services

MEBIBYTE = 1024 * 1024


def tree(settings: Settings, pools: Sequence[PoolSettings]) -> TreeSettings:
    return TreeSettings(
        journal=journal(settings),
        blobs=storage.recipe(settings),
        pools=tuple(pools),
        manager=ManagerSettings(
            max_queue=settings.max_queue,
            retry=RetryPolicy(attempts=settings.max_retries),
            private_callbacks=settings.callback_private,
            shared_cache=settings.shared_cache,
            engines=tuple(pool.serves for pool in pools),
            spill_after=settings.spill_after,
            library=library(settings) if recognition.offered(settings) else None,
            default_model=default_model(settings),
            languages=settings.languages,
        ),
        retention=Retention(
            upload_seconds=settings.upload_days * DAY,
            audio_seconds=settings.audio_days * DAY,
            job_seconds=settings.job_days * DAY,
        ),
    )


class Service:
    """The whole service in this process, from start to stop."""

    def __init__(self, settings: TreeSettings, *, grace: float, prepare: Recipe) -> None:
        """`prepare` runs first in each child process, before its actor is made."""
        host = ProcessHost(Recipe.of(SystemClock), prepare=prepare)
        self.runtime = LocalRuntime(SystemClock(), hosts={"process": host})
        self._settings = settings
        self._grace = grace
        self._root: Child

    async def start(self) -> None:
        self._root = await self.runtime.spawn(root(self._settings))

    async def exited(self) -> Exit:
        return await self._root.exited()

    async def drain(self, hurry: asyncio.Event | None = None) -> None:
        await drain(self.runtime.ref(JobManager, names.JOB_MANAGER), self._grace, hurry)

    async def stop(self) -> Exit:
        """Stop every actor, the last started first."""
        return await self._root.stop(max(self._grace, STOP_SECONDS))


def http(
    settings: Settings,
    profile: str,
    instance: InstanceLimits | None = None,
    data: DataState | None = None,
) -> HttpSettings:
    return HttpSettings(
        instance=instance,
        data=data,
        profile=profile,
        version=version("retender"),
        language=settings.language,
        most_bytes=int(settings.max_file_mb * MEBIBYTE),
        max_concurrent_jobs=settings.max_concurrent_jobs,
        upload_seconds=settings.upload_days * DAY,
        url_input=settings.url_input,
        ping_interval=settings.websocket_ping_interval,
        websocket_timeout=settings.websocket_timeout,
        cors_origins=settings.cors_origins,
        trusted_hosts=trusted_hosts(settings),
        trusted_proxies=settings.trusted_proxies,
        rate_limit=settings.rate_limit,
        priority_max=settings.priority_max,
    )


def trusted_hosts(settings: Settings) -> tuple[str, ...]:
    public = urlsplit(settings.public_url).hostname
    return settings.trusted_hosts if public is None else (*settings.trusted_hosts, public)


def services(
    runtime: Runtime,
    settings: Settings,
    keys: Keyring,
    *,
    profile: str = "local",
    ticket_secret: bytes | None = None,
    instance: InstanceLimits | None = None,
    data: DataState | None = None,
    one_of_many: bool = False,
) -> Services:
    """What the HTTP app is given, on any profile. `one_of_many`: other processes serve HTTP too."""
    return Services(
        manager=runtime.ref(JobManager, names.JOB_MANAGER),
        broadcaster=runtime.ref(Broadcaster, names.BROADCASTER),
        meter=runtime.ref(Meter, names.METER),
        collector=runtime.ref(Collector, names.COLLECTOR),
        convex=None if convex(settings) is None else runtime.ref(ConvexSync, names.CONVEX_SYNC),
        rate_limiter=runtime.ref(RateLimiter, names.RATE_LIMITER) if one_of_many else None,
        root=runtime.ref(Supervisor, names.ROOT),
        hub=Hub(runtime.ref(Broadcaster, names.BROADCASTER)),
        blobs=blobs(**storage.place(settings)),
        clock=runtime.clock,
        new_id=lambda: uuid.uuid4().hex,
        settings=http(settings, profile, instance, data),
        ticket_secret=ticket_secret or secrets.token_bytes(32),
        keys=keys,
        dropped=runtime.all_dropped,
    )


async def serve(
    settings: Settings,
    pools: Sequence[PoolSettings],
    instance: InstanceLimits | None = None,
    app: Callable[[Services], FastAPI] = create_app,
) -> int:
    """Run until told to stop, or until the tree or the server gives up. Returns the exit status.

    `instance`: what was chosen by the container's limits, to be said. `app`: what is served over
    HTTP.
    """
    data, mark = data_folder.inspect(settings, time.time(), data_folder.place())
    await asyncio.to_thread(storage.check_store, settings)
    listener = listen(settings.host, settings.port)
    keys = keyring(settings)
    children = preparation(settings.log_level, settings.log_format)
    there = msgspec.structs.replace(
        tree(settings, pools),
        journal=journal(settings, time.time()),
        webhooks=webhooks(settings),
        convex=convex(settings),
        traces=traces(settings),
    )
    service = Service(there, grace=settings.grace_seconds, prepare=children)
    signals = Signals()
    await service.start()
    await asyncio.to_thread(data_folder.leave, settings, mark)
    profile = "koyeb" if settings.profile == "koyeb" else "local"
    offered = services(
        service.runtime, settings, keys, profile=profile, instance=instance, data=data
    )
    web = Web(offered, listener, app)
    await web.start()
    for sentence in warnings(settings, keys, data):
        logger.warning(sentence)
    with address.published(settings.data_dir.absolute(), web.address):
        for line in start_message(settings, web.address, instance, data):
            logger.info(line)
        browser.open_page(settings, web.address)
        ended = asyncio.create_task(service.exited())
        told = asyncio.create_task(signals.stop.wait())
        deserted = asyncio.create_task(web.ended())
        await asyncio.wait({told, ended, deserted}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if ended.done():
            logger.error("Retender gives up: {}", ended.result().cause)
            await web.stop()
            return 1
        serving = not deserted.done()
        if not serving:
            logger.error("Retender gives up: nobody is answered any more: {}", deserted.result())
        deserted.cancel()
        logger.info("stopping; pieces in hand have {:g} s to finish", settings.grace_seconds)
        web.close_intake()
        await service.drain(signals.hurry)
        await web.stop()
    exit_ = await service.stop()
    logger.info("stopped: {}", exit_.reason)
    return 0 if serving and exit_.normal else 1
