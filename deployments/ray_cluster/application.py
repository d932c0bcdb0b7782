"""The service on a Ray cluster: Ray Serve takes uploads and feeds clients, beside it is the tree.

`build` is what `ray_config.yaml` names; `serve` is `retender serve` on this profile. An ingress
process holds no state but its connections: the first one that starts founds the tree, or makes it
anew when it was made from other settings, and all find it by name.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from functools import partial
from typing import Any, Final

import ray
from fastapi import FastAPI
from loguru import logger
from ray import serve as ray_serve
from ray._common.tls_utils import add_port_to_grpc_server
from ray._private.ray_logging import global_worker_stdstream_dispatcher as from_processes
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
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import CLOCK, Arguments, ClusterPlan, without_a_place
from deployments.serving import address
from deployments.serving.draining import STOP_SECONDS, drain, sent_away
from deployments.serving.greeting import greeting, warnings
from deployments.serving.local import services
from deployments.serving.signals import Signals
from deployments.serving.web import free_port, listen
from deployments.settings import Settings
from deployments.wiring import storage
from deployments.wiring.journals import check_for_many
from deployments.wiring.keys import keyring
from deployments.wiring.resources import resources
from retender.errors import ActorGone, FolderNotShared, NoAnswer, RetenderError
from serve_app.access.peer import Peer
from serve_app.app import create_app

APP: Final = "retender"

OBJECT_STORE_BYTES: Final = 78_643_200
"""The least that Ray takes: recordings and models never go through it."""

STARTS: Final = 4
"""So often Ray is started before the service gives up."""

TRY_AGAIN: Final = 0.2

LOOK_EVERY: Final = 5.0
LOST_SECONDS: Final = 180.0
"""A service that has not been heard of for so long is not waited for."""


def place(plan: ClusterPlan) -> TreeLocation:
    return TreeLocation.of(plan.arguments.namespace, ROOT, CLOCK, plan.prepare)


async def establish(runtime: RayRuntime, plan: ClusterPlan) -> None:
    """The tree as the plan has it. One that was made from another, or that is ending, is stopped in
    order first."""
    while True:
        try:
            root = await runtime.found(plan.root, plan.likeness)
            if await root.is_like(plan.likeness):
                return
        except ActorGone as error:
            logger.debug("the tree cannot be founded yet: {}", error.message)
            await asyncio.sleep(TRY_AGAIN)
        else:
            logger.warning("the tree is made anew: its settings or its version have changed")
            await root.stop(plan.settings.grace_seconds + STOP_SECONDS)


async def attend(runtime: RayRuntime, plan: ClusterPlan) -> None:
    """For as long as this process serves: the tree goes when nobody does."""
    while True:
        await asyncio.sleep(ATTEND_EVERY)
        try:
            root = await runtime.found(plan.root, plan.likeness)
            await root.attend()
        except ActorGone as error:
            logger.warning("the tree does not know that it is served: {}", error.message)


def machines() -> list[dict[str, Any]]:
    """As Ray tells of them."""
    every: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray's own
    return [machine for machine in every if machine["Alive"]]


def share(settings: Settings) -> None:
    """Whether all machines can work with the same recordings, and with one journal. Raises
    `FolderNotShared` where one cannot."""
    nodes = machines()
    if len({node["NodeManagerAddress"] for node in nodes}) > 1:
        check_for_many(settings)
    look = ray.remote(num_cpus=0, max_retries=0)(storage.looked_at_from)
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
            _keep_to_this_machine()
        self._runtime = RayRuntime(place(plan))
        await establish(self._runtime, plan)
        self._attending = asyncio.create_task(attend(self._runtime, plan))
        self._services = services(
            self._runtime,
            plan.settings,
            keyring(plan.settings, closed=plan.closed),
            profile="ray",
            ticket_secret=plan.ticket_secret,
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        app = create_app(self._services)
        trusted = list(self._services.settings.trusted_proxies)
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
        app.add_middleware(Peer, added=ray_environment.tells_who_comes())
        return app


def _keep_to_this_machine() -> None:
    """Serve has each replica listen for other replicas on every address, and whoever reaches it
    there can run code."""

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
    """Whether it can work on this cluster. Says what whoever starts it should know; raises what
    `share` raises."""
    share(plan.settings)
    rooms = [machine["Resources"] for machine in machines()]
    said = warnings(plan.settings, keyring(plan.settings))
    for sentence in (*said, *without_a_place(plan.pools, rooms)):
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


async def serve(plan: ClusterPlan) -> int:
    """Start the service, on this machine's own Ray or on the cluster that RAY_ADDRESS names; run
    until told to stop. Returns the exit status."""
    settings = plan.settings
    if plan.alone:
        listen(settings.host, settings.port).close()  # to hear at once that it cannot be had
    begin(plan.arguments.namespace)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    from_processes.remove_handler("ray_print_logs")
    from_processes.add_handler("retender", pass_on)
    signals = Signals()
    try:
        await asyncio.to_thread(check, plan)
        try:
            url = _open(settings)
            await asyncio.to_thread(ray_serve.run, application(plan), name=APP, route_prefix="/")
        except (RuntimeError, RayError) as error:
            raise RetenderError(f"Ray Serve could not deploy it: {error}") from error
        await _until_told(plan, url, signals)
    finally:
        await asyncio.to_thread(ray.shutdown)
    return 0


def _open(settings: Settings) -> str:
    """Where the service is to be reached: as the settings say, or where Serve listens already."""
    alone = not ray_environment.joins()
    ray_serve.start(
        proxy_location="EveryNode",
        http_options={
            "host": ray_environment.LOOPBACK if alone else settings.host,
            "port": settings.port or free_port(settings.host),
            "keep_alive_timeout_s": 90,
        },
        logging_config={"log_level": "WARNING"},
    )
    there: Any = _get_global_client()
    host = settings.host if alone else there.http_config.host
    port = there.http_config.port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def begin(namespace: str) -> None:
    """Start Ray, or join the cluster there is. Where a machine has much else to do, the parts of
    Ray may miss each other as they come up: that is no reason to give up at once."""
    own: dict[str, Any] = {
        "address": "local",  # else it would join whatever Ray this machine has already
        "include_dashboard": False,
        "num_cpus": resources().cores,  # Ray would round them down
        "object_store_memory": OBJECT_STORE_BYTES,
    }
    joins = ray_environment.joins()
    given = {} if joins else own
    for left in reversed(range(1 if joins else STARTS)):
        try:
            ray.init(namespace=namespace, configure_logging=False, **given)
        except Exception as error:  # Ray has no kind of its own for it
            ray.shutdown()
            if not left:
                what = "The cluster cannot be joined" if joins else "Ray does not come up"
                raise RetenderError(
                    f"{what}: {error} Ray's parts tell more in the logs of its latest session; "
                    "`--profile local` needs no Ray"
                ) from error
            logger.warning("Ray does not come up; it is tried again: {}", error)
        else:
            return


def pass_on(batch: dict[str, Any]) -> None:
    """What processes of the cluster have written goes out as it is: our lines say themselves whose
    they are. What Ray's own say is in its files."""
    if batch.get("pid") not in ("autoscaler", "raylet", "gcs_server"):
        sys.stderr.write("".join(f"{line}\n" for line in batch["lines"]))


async def _until_told(plan: ClusterPlan, url: str, signals: Signals) -> None:
    """Raises `NoAnswer` where the cluster is lost before."""
    settings = plan.settings
    runtime = RayRuntime(place(plan))
    up = asyncio.create_task(_come_up(runtime))
    told = asyncio.create_task(signals.told.wait())
    lost = asyncio.create_task(_lose(runtime))
    try:
        await asyncio.wait({up, told, lost}, return_when=asyncio.FIRST_COMPLETED)
        with address.left_in(settings.data_dir.absolute(), url):
            if up.done():
                for line in greeting(settings, url):
                    logger.info(line)
            await asyncio.wait({told, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                await lost
            logger.info("stopping; pieces in hand have {:g} s to finish", settings.grace_seconds)
            await drain(runtime.ref(JobManager, JOB_MANAGER), settings.grace_seconds, signals.again)
            await sent_away(runtime.ref(Broadcaster, BROADCASTER))
            # On a cluster that is there for others as well only what is ours goes.
            close = (
                partial(ray_serve.delete, APP) if ray_environment.joins() else ray_serve.shutdown
            )
            await asyncio.to_thread(close)
        with suppress(ActorGone):
            root = await runtime.found(plan.root, plan.likeness)
            await root.stop(settings.grace_seconds + STOP_SECONDS)
        logger.info("stopped")
    finally:
        for task in (up, told, lost):
            task.cancel()
        await runtime.close()


async def _come_up(runtime: RayRuntime) -> None:
    """Until all that belongs to the tree has been started: its root answers from then on."""
    tree = runtime.ref(Supervisor, ROOT)
    while True:
        try:
            await tree.ask(Supervisor.describe)
        except RetenderError as error:
            logger.debug("the tree is not up yet: {}", error.message)
            await asyncio.sleep(TRY_AGAIN)
        else:
            return


async def _lose(runtime: RayRuntime) -> None:
    """Raises `NoAnswer` when nothing has been heard of the tree for too long."""
    tree = runtime.ref(Supervisor, ROOT)
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while loop.time() - heard < LOST_SECONDS:
        await asyncio.sleep(LOOK_EVERY)
        with suppress(RetenderError):
            await tree.ask(Supervisor.describe)
            heard = loop.time()
    raise NoAnswer(f"nothing has been heard of the service on Ray for {LOST_SECONDS:g} s")
