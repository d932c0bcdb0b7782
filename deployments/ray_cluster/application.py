"""The service on a Ray cluster: Ray Serve handles HTTP and WebSockets; the actors run beside it.

`ray_config.yaml` names `build`; `retender serve` calls `serve`. An ingress process holds no state
but its connections. The first one starts the tree, or restarts it if it was made from other
settings; all find it by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import ray
from fastapi import FastAPI
from loguru import logger
from ray import serve as ray_serve
from ray._common.tls_utils import add_port_to_grpc_server
from ray.exceptions import RayError
from ray.serve._private import replica
from ray.serve.context import _get_global_client
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER, ROOT
from actors.runtime.cluster.ray_host import RayRuntime, TreeLocation
from actors.runtime.limits import ATTEND_EVERY
from actors.supervision.supervisor import Supervisor
from deployments.mcp.app import factory
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import CLOCK, Arguments, ClusterPlan, unplaceable
from deployments.ray_cluster.quiet_ray import keep_rays_lines_back
from deployments.ray_cluster.serve_waits import set_waits
from deployments.serving import address, browser
from deployments.serving.draining import STOP_SECONDS, drain, followers_gone
from deployments.serving.local import services
from deployments.serving.signals import Signals
from deployments.serving.start_message import start_message, warnings
from deployments.settings import Settings
from deployments.wiring import storage
from deployments.wiring.journals import check_for_many
from deployments.wiring.keys import keyring
from retender.errors import ActorGone, FolderNotShared, NoAnswer, RetenderError
from serve_app.access.peer import Peer

APP: Final = "retender"

RETRY_SECONDS: Final = 0.2

CHECK_SECONDS: Final = 5.0

LOST_SECONDS: Final = 180.0
"""Seconds without an answer of the tree, after which the service gives up."""


def place(plan: ClusterPlan) -> TreeLocation:
    return TreeLocation.of(plan.arguments.namespace, ROOT, CLOCK, plan.prepare)


async def ensure_tree(runtime: RayRuntime, plan: ClusterPlan) -> None:
    """Make sure that the tree runs with this plan. A tree with another plan is stopped in order
    first."""
    while True:
        try:
            root = await runtime.found(plan.root, plan.likeness)
            if await root.is_like(plan.likeness):
                return
        except ActorGone as error:
            logger.debug("the tree cannot be started yet: {}", error.message)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            logger.warning("the tree is restarted: its settings or its version have changed")
            await root.stop(plan.settings.grace_seconds + STOP_SECONDS)


async def keep_tree_alive(runtime: RayRuntime, plan: ClusterPlan) -> None:
    """Send heartbeats to the tree while this process serves: without any, the tree stops."""
    while True:
        await asyncio.sleep(ATTEND_EVERY)
        try:
            root = await runtime.found(plan.root, plan.likeness)
            await root.attend()
        except ActorGone as error:
            logger.warning("the tree did not receive a heartbeat: {}", error.message)


def live_machines() -> list[dict[str, Any]]:
    """The nodes of the cluster, as Ray describes them."""
    every: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray's own
    return [machine for machine in every if machine["Alive"]]


def check_shared_storage(settings: Settings) -> None:
    """Check that all machines share the recordings and the journal. Raises `FolderNotShared` if one
    does not."""
    nodes = live_machines()
    if len(nodes) == 1:
        # This process is on that machine, and needs no other to look.
        with storage.announced(settings) as mark:
            refusal = storage.problem_on_machine(settings, mark, nodes[0]["NodeManagerHostname"])
        if refusal is not None:
            raise FolderNotShared(refusal)
        return
    if len({node["NodeManagerAddress"] for node in nodes}) > 1:
        check_for_many(settings)
    look = ray.remote(num_cpus=0, max_retries=0)(storage.problem_on_machine)
    with storage.announced(settings) as mark:
        looks = [
            look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            ).remote(settings, mark, node["NodeManagerHostname"])
            for node in nodes
        ]
        refusals = [refusal for refusal in ray.get(looks) if refusal is not None]
    if refusals:
        raise FolderNotShared(" ".join(refusals))


class Ingress:
    async def __init__(self, plan: ClusterPlan) -> None:  # type: ignore[misc]  # Serve awaits it
        plan.prepare.resolve()(**plan.prepare.options)
        if plan.alone:
            _bind_to_loopback()
        self._runtime = RayRuntime(place(plan))
        await ensure_tree(self._runtime, plan)
        self._app = factory(mcp=plan.settings.mcp)
        self._attending = asyncio.create_task(keep_tree_alive(self._runtime, plan))
        self._services = services(
            self._runtime,
            plan.settings,
            keyring(plan.settings, closed=plan.closed),
            profile="ray",
            ticket_secret=plan.ticket_secret,
            one_of_many=True,
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        app = self._app(self._services)
        trusted = list(self._services.settings.trusted_proxies)
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
        app.add_middleware(Peer, added=ray_environment.passes_client_address())
        return app


def _bind_to_loopback() -> None:
    """Bind the port between replicas to loopback. Serve binds it to all addresses, and anyone who
    can reach it can run code."""

    def add(server: Any, address: str) -> Any:
        here = address.replace("[::]", ray_environment.LOOPBACK)
        return add_port_to_grpc_server(server, here)  # type: ignore[no-untyped-call]  # Ray's own

    vars(replica)["add_port_to_grpc_server"] = add


def build(arguments: dict[str, Any]) -> ray_serve.Application:
    """What Ray Serve runs. Raises `ValidationError`, `BadSetting` or `FolderNotShared`."""
    plan = ClusterPlan.read(Arguments.model_validate(arguments))
    check(plan)
    return application(plan)


def check(plan: ClusterPlan) -> None:
    """Check the cluster and log warnings. Raises what `check_shared_storage` raises."""
    check_shared_storage(plan.settings)
    nodes = [machine["Resources"] for machine in live_machines()]
    said = warnings(plan.settings, keyring(plan.settings))
    for sentence in (*said, *unplaceable(plan.pools, nodes)):
        logger.warning(sentence)


def application(plan: ClusterPlan) -> ray_serve.Application:
    served: Any = ray_serve.deployment(ray_serve.ingress()(Ingress), name="ingress")
    ingress = served.options(
        num_replicas=plan.arguments.replicas,
        max_ongoing_requests=plan.arguments.connections,
        ray_actor_options={"num_cpus": 0, "resources": plan.arguments.replica_resources},
        graceful_shutdown_wait_loop_s=1,
        graceful_shutdown_timeout_s=20,
    )
    bound: ray_serve.Application = ingress.bind(plan)
    return bound


async def serve(plan: ClusterPlan, port: int, leave_port: Callable[[], None]) -> int:
    """Start the service on the Ray that this process has started or joined; run until told to stop.
    Returns the exit status.

    `port`: of this machine's own. `leave_port`: called once it answers there.
    """
    keep_rays_lines_back()  # Ray Serve, imported after Ray's start, has set up its own again
    set_waits()
    settings = plan.settings
    signals = Signals()
    runtime = RayRuntime(place(plan))
    try:
        await asyncio.to_thread(check, plan)
        # Serve's processes and ours start at the same time.
        tree = asyncio.create_task(_start_tree(runtime, plan))
        try:
            url = await asyncio.to_thread(_open, settings, port)
            await asyncio.to_thread(ray_serve.run, application(plan), name=APP, route_prefix="/")
        except (RuntimeError, RayError, TimeoutError) as error:
            raise RetenderError(f"Ray Serve could not deploy it: {error}") from error
        finally:
            tree.cancel()
        await asyncio.to_thread(leave_port)
        await _run(plan, runtime, url, signals)
    finally:
        await runtime.close()
        # Here, because the loop ends only when its threads do: some may wait for Ray.
        await asyncio.to_thread(ray.shutdown)
    return 0


async def _start_tree(runtime: RayRuntime, plan: ClusterPlan) -> None:
    """What the first ingress process would do, earlier. If it fails, that one reports it."""
    if plan.alone:
        with suppress(RetenderError, RayError):
            await ensure_tree(runtime, plan)


def _open(settings: Settings, port: int) -> str:
    """Start Serve's proxy; return the service's URL."""
    alone = not ray_environment.joins_cluster()
    ray_serve.start(
        proxy_location="EveryNode",
        http_options={
            "host": ray_environment.LOOPBACK if alone else settings.host,
            "port": port,
            "keep_alive_timeout_s": 90,
        },
        logging_config={"log_level": "WARNING"},
    )
    there: Any = _get_global_client()
    host = settings.host if alone else there.http_config.host
    port = there.http_config.port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(plan: ClusterPlan, runtime: RayRuntime, url: str, signals: Signals) -> None:
    """Run until a signal. Raises `NoAnswer` if the cluster is lost before."""
    settings = plan.settings
    up = asyncio.create_task(_come_up(runtime))
    told = asyncio.create_task(signals.stop.wait())
    lost = asyncio.create_task(_lose(runtime))
    try:
        await asyncio.wait({up, told, lost}, return_when=asyncio.FIRST_COMPLETED)
        with address.published(settings.data_dir.absolute(), url):
            if up.done():
                for line in start_message(settings, url):
                    logger.info(line)
                browser.open_page(settings, url)
            await asyncio.wait({told, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                await lost
            logger.info("stopping; pieces in hand have {:g} s to finish", settings.grace_seconds)
            await drain(runtime.ref(JobManager, JOB_MANAGER), settings.grace_seconds, signals.hurry)
            await followers_gone(runtime.ref(Broadcaster, BROADCASTER))
            # A joined cluster serves others too: only our application is deleted.
            close = (
                partial(ray_serve.delete, APP)
                if ray_environment.joins_cluster()
                else ray_serve.shutdown
            )
            await asyncio.to_thread(close)
        with suppress(ActorGone):
            root = await runtime.found(plan.root, plan.likeness)
            await root.stop(settings.grace_seconds + STOP_SECONDS)
        logger.info("stopped")
    finally:
        for task in (up, told, lost):
            task.cancel()


async def _come_up(runtime: RayRuntime) -> None:
    """Return when the whole tree has started: its root answers from then on."""
    tree = runtime.ref(Supervisor, ROOT)
    while True:
        try:
            await tree.ask(Supervisor.describe)
        except RetenderError as error:
            logger.debug("the tree is not up yet: {}", error.message)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _lose(runtime: RayRuntime) -> None:
    """Raises `NoAnswer` if the tree does not answer for `LOST_SECONDS`."""
    tree = runtime.ref(Supervisor, ROOT)
    loop = asyncio.get_running_loop()
    answered_at = loop.time()
    while loop.time() - answered_at < LOST_SECONDS:
        await asyncio.sleep(CHECK_SECONDS)
        with suppress(RetenderError):
            await tree.ask(Supervisor.describe)
            answered_at = loop.time()
    raise NoAnswer(f"nothing has been heard of the service on Ray for {LOST_SECONDS:g} s")
