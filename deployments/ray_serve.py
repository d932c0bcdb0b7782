"""The service on a Ray cluster: Ray Serve takes uploads and feeds clients, beside it is the tree.

`build` is what `ray_config.yaml` names; `serve` is `retender serve` on this profile. An ingress
process holds no state but its connections: the first one that starts founds the tree, or makes it
anew when it was made from other settings, and all find it by name.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any, Final

import ray
from fastapi import FastAPI
from loguru import logger
from ray import serve as ray_serve
from ray._private.ray_logging import global_worker_stdstream_dispatcher as from_processes
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.job_manager import JobManager
from actors.names import JOB_MANAGER, ROOT
from actors.runtime.on_ray import Place, RayRuntime, Root
from actors.supervisor import Supervisor
from deployments import address, storage
from deployments.cluster import CLOCK, Arguments, Plan
from deployments.draining import STOP_SECONDS, drain
from deployments.greeting import greeting, warnings
from deployments.keys import keyring
from deployments.local import services
from deployments.settings import Settings
from deployments.signals import Signals
from deployments.web import free_port
from retender.errors import FolderNotShared, RetenderError
from serve_app.app import create_app

APP: Final = "retender"

OBJECT_STORE_BYTES: Final = 78_643_200
"""The least that Ray takes: recordings and models never go through it."""

STARTS: Final = 4
"""So often Ray is started before the service gives up."""

TRY_AGAIN: Final = 0.2


def place(plan: Plan) -> Place:
    return Place.of(plan.arguments.namespace, ROOT, CLOCK, plan.prepare)


async def establish(runtime: RayRuntime, plan: Plan) -> None:
    """The tree as the plan has it. One that was made from another is stopped in order first."""
    while not await (root := await _root(runtime, plan)).is_made_from(plan.likeness):
        logger.warning("the settings have changed: the tree is made anew")
        await root.stop(plan.settings.grace_seconds + STOP_SECONDS)


def share(settings: Settings) -> None:
    """Whether all machines can work with the same recordings. Raises `FolderNotShared` where one
    cannot."""
    every: Any = ray.nodes()  # type: ignore[no-untyped-call]  # Ray's own
    nodes = [node for node in every if node["Alive"]]
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
    async def __init__(self, plan: Plan) -> None:  # type: ignore[misc]  # Serve awaits it
        plan.prepare.resolve()(**plan.prepare.options)
        self._runtime = RayRuntime(place(plan))
        await establish(self._runtime, plan)
        self._services = services(
            self._runtime,
            plan.settings,
            keyring(plan.settings),
            profile="ray",
            ticket_secret=plan.ticket_secret,
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        return create_app(self._services)


def build(arguments: Arguments) -> ray_serve.Application:
    """What Ray Serve runs. Raises `BadSetting` or `FolderNotShared`."""
    plan = Plan.read(arguments)
    share(plan.settings)
    return application(plan)


def application(plan: Plan) -> ray_serve.Application:
    served: Any = ray_serve.deployment(ray_serve.ingress()(Ingress), name="ingress")
    ingress = served.options(
        num_replicas=plan.arguments.replicas,
        max_ongoing_requests=plan.arguments.connections,
        ray_actor_options={"num_cpus": 0},
        graceful_shutdown_wait_loop_s=1,
        graceful_shutdown_timeout_s=20,
    )
    bound: ray_serve.Application = ingress.bind(plan)
    return bound


async def serve(plan: Plan) -> int:
    """Start the service, on this machine's own Ray or on the cluster that RAY_ADDRESS names; run
    until told to stop. Returns the exit status."""
    settings = plan.settings
    port = settings.port or free_port(settings.host)
    begin(plan.arguments.namespace)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    from_processes.remove_handler("ray_print_logs")
    from_processes.add_handler("retender", pass_on)
    signals = Signals()
    try:
        await asyncio.to_thread(share, settings)
        ray_serve.start(
            proxy_location="EveryNode",
            http_options={"host": settings.host, "port": port, "keep_alive_timeout_s": 90},
            logging_config={"log_level": "WARNING"},
        )
        try:
            await asyncio.to_thread(ray_serve.run, application(plan), name=APP, route_prefix="/")
        except RuntimeError as error:
            raise RetenderError(f"Ray Serve could not deploy it: {error}") from error
        await _until_told(plan, port, signals)
    finally:
        await asyncio.to_thread(ray.shutdown)
    return 0


def begin(namespace: str) -> None:
    """Start Ray, or join the cluster there is. Where a machine has much else to do, the parts of
    Ray may miss each other as they come up: that is no reason to give up at once."""
    own: dict[str, Any] = {
        "address": "local",  # else it would join whatever Ray this machine has already
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE_BYTES,
    }
    given = {} if "RAY_ADDRESS" in os.environ else own
    for left in reversed(range(STARTS)):
        try:
            ray.init(namespace=namespace, configure_logging=False, **given)
        except Exception as error:  # Ray has no kind of its own for it
            ray.shutdown()
            if not left:
                raise RetenderError(
                    f"Ray does not come up: {error} Its parts tell more in the logs of its latest "
                    "session; `--profile local` needs no Ray"
                ) from error
            logger.warning("Ray does not come up; it is tried again: {}", error)
        else:
            return


def pass_on(batch: dict[str, Any]) -> None:
    """What processes of the cluster have written goes out as it is: our lines say themselves whose
    they are. What Ray's own say is in its files."""
    if batch.get("pid") not in ("autoscaler", "raylet", "gcs_server"):
        sys.stderr.write("".join(f"{line}\n" for line in batch["lines"]))


async def _root(runtime: RayRuntime, plan: Plan) -> Root:
    return await runtime.found(plan.root, plan.likeness)


async def _until_told(plan: Plan, port: int, signals: Signals) -> None:
    settings = plan.settings
    runtime = RayRuntime(place(plan))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}"
    for sentence in warnings(settings, keyring(settings)):
        logger.warning(sentence)
    up = asyncio.create_task(_come_up(runtime))
    told = asyncio.create_task(signals.told.wait())
    await asyncio.wait({up, told}, return_when=asyncio.FIRST_COMPLETED)
    with address.left_in(settings.data_dir.absolute(), url):
        if up.done():
            for line in greeting(settings, url):
                logger.info(line)
        await told
        up.cancel()
        logger.info("stopping; pieces in hand have {:g} s to finish", settings.grace_seconds)
        await drain(runtime.ref(JobManager, JOB_MANAGER), settings.grace_seconds, signals.again)
        await asyncio.to_thread(ray_serve.shutdown)
    root = await _root(runtime, plan)
    await root.stop(settings.grace_seconds + STOP_SECONDS)
    await runtime.close()
    logger.info("stopped")


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
