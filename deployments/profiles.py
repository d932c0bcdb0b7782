"""The profiles `local`, `koyeb` and `ray`: which one is chosen, and how it is started."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from actors.workers.transcriber_pool import PoolSettings
from deployments.mcp.app import factory
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import Arguments, ClusterPlan, Pool, for_this_machine, pools
from deployments.serving import local
from deployments.serving.starting import StartingServer
from deployments.settings import BadSetting, Settings
from deployments.wiring import engines, groq, instance
from deployments.wiring.resources import resources

RAY_BYTES: Final = 4 * 10**9
"""Bytes of memory that Ray and the service on it need."""


def serve(settings: Settings, workers: Sequence[PoolSettings] | None = None) -> int:
    """Run the service; return the exit status. `workers` replace the pools of the settings. Raises
    `BadSetting`."""
    profile = chosen(settings)
    if profile == "koyeb":
        return _serve_small(settings, workers)
    if profile == "local":
        wanted = workers or engines.pools(settings)
        return asyncio.run(local.serve(settings, wanted, app=factory(mcp=settings.mcp)))
    if not installed():
        raise BadSetting("this profile needs Ray: pip install 'retender[ray]'")
    alone = not ray_environment.joins_cluster()
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        ray_environment.set_defaults(ray_environment.to_serve())
        if alone:
            ray_environment.set_defaults(
                ray_environment.for_lone_machine(settings.host, Path(scratch))
            )
        with _port(settings, alone=alone) as (port, leave):
            return _serve_on_ray(settings, workers, port, leave, alone=alone)


@contextmanager
def _port(settings: Settings, *, alone: bool) -> Iterator[tuple[int, Callable[[], None]]]:
    """The port of a service on this machine, answered while it starts, and how to leave it."""
    if not alone:
        yield settings.port, lambda: None
        return
    with StartingServer(settings.host, settings.port, "ray") as starting:
        yield starting.port, starting.stop


def _serve_on_ray(
    settings: Settings,
    workers: Sequence[PoolSettings] | None,
    port: int,
    leave: Callable[[], None],
    *,
    alone: bool,
) -> int:
    pool = for_this_machine(resources(), settings) if alone else Pool(most=4)
    arguments = Arguments(pools=(pool,))
    found = workers or pools(settings, arguments.pools)
    plan = ClusterPlan.of(settings, arguments, found, alone=alone)
    # Ray reads the environment when it is imported, and takes long to import.
    from deployments.ray_cluster import ray_start  # noqa: PLC0415 - see above

    with ray_start.started(arguments.namespace):
        # So does Ray Serve: meanwhile Ray starts its first processes.
        from deployments.ray_cluster import application  # noqa: PLC0415 - see above

        return asyncio.run(application.serve(plan, port, leave))


def _serve_small(settings: Settings, workers: Sequence[PoolSettings] | None) -> int:
    """One process on a small instance, where Groq recognises speech."""
    if not groq.set_up(settings):
        raise BadSetting(
            "in the profile koyeb Groq recognises speech, and GROQ_API_KEY is not set",
            "Make a key at https://console.groq.com/keys.",
        )
    found = instance.limits(settings)
    fitting = instance.within(settings, found)
    wanted = workers or engines.pools(fitting)
    return asyncio.run(local.serve(fitting, wanted, found, factory(mcp=settings.mcp)))


def chosen(settings: Settings) -> Literal["local", "koyeb", "ray"]:
    """The profile that runs; `auto` is decided by what is installed and by free memory."""
    if settings.profile != "auto":
        return settings.profile
    return (
        "ray"
        if installed() and (ray_environment.joins_cluster() or resources().memory >= RAY_BYTES)
        else "local"
    )


def installed() -> bool:
    return importlib.util.find_spec("ray") is not None
