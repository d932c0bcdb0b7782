"""Which profile is meant, and how each is started."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from actors.workers.transcriber_pool import PoolSettings
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import Arguments, ClusterPlan, Pool, for_this_machine, pools
from deployments.serving import local
from deployments.settings import BadSetting, Settings
from deployments.wiring import engines
from deployments.wiring.resources import resources

RAY_BYTES: Final = 4 * 10**9
"""Of memory, for Ray and what it runs."""


def serve(settings: Settings, workers: Sequence[PoolSettings] | None = None) -> int:
    """Returns the exit status. `workers` take the place of those that the settings ask for. Raises
    `BadSetting`."""
    if chosen(settings) == "local":
        return asyncio.run(local.serve(settings, workers or engines.pools(settings)))
    if not installed():
        raise BadSetting("this profile needs Ray: pip install 'retender[ray]'")
    alone = not ray_environment.joins()
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        ray_environment.enter(ray_environment.to_serve())
        if alone:
            ray_environment.enter(ray_environment.alone(settings.host, Path(scratch)))
        # It takes long to import, and reads those at once.
        from deployments.ray_cluster import application  # noqa: PLC0415 - see above

        pool = for_this_machine(resources(), settings) if alone else Pool(most=4)
        arguments = Arguments(pools=(pool,))
        found = workers or pools(settings, arguments.pools)
        plan = ClusterPlan.of(settings, arguments, found, alone=alone)
        return asyncio.run(application.serve(plan))


def chosen(settings: Settings) -> Literal["local", "ray"]:
    """What `auto` comes to here."""
    if settings.profile != "auto":
        return settings.profile
    return (
        "ray"
        if installed() and (ray_environment.joins() or resources().memory >= RAY_BYTES)
        else "local"
    )


def installed() -> bool:
    return importlib.util.find_spec("ray") is not None
