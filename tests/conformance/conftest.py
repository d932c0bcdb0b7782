"""Every promise of the runtime seam is tested on every host, through `stage`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.runtime.cluster.ray_host import RAY
from tests.conformance.cast import Witness
from tests.conformance.stage import Stage, new_cluster_runtime, new_runtime, new_sim
from tests.support.actors.virtual_time import SIM

# A host that is added here is held to the whole suite.
HOSTS = ("local", "process", pytest.param(RAY, marks=pytest.mark.ray), SIM)


def staging(host: str) -> Stage:
    if host == SIM:
        # In the simulation's runtime an actor is a local one; the process host needs real sockets.
        return Stage(new_sim(), "local", ("local",))
    if host == RAY:
        # An actor on a cluster does not reach those that live in the test's own process.
        return Stage(new_cluster_runtime(), RAY, (RAY,))
    return Stage(new_runtime(), host, ("local", "process"))


async def staged(host: str) -> AsyncIterator[Stage]:
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: unhandled.append(about))
    stage = staging(host)
    await stage.start(Witness, "witness", host=stage.hosts[0])
    yield stage
    await stage.clear()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "an actor has left a task behind"
    assert unhandled == [], "something went wrong where nobody looks"


@pytest.fixture(params=HOSTS)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == RAY:
        request.getfixturevalue("cluster")
    async for each in staged(request.param):
        yield each


@pytest.fixture
async def local_stage() -> AsyncIterator[Stage]:
    """For what only an actor beside its parent can do."""
    async for each in staged("local"):
        yield each


@pytest.fixture
async def process_stage() -> AsyncIterator[Stage]:
    """For what only a process of its own can promise."""
    async for each in staged("process"):
        yield each


@pytest.fixture
async def ray_stage(cluster: None) -> AsyncIterator[Stage]:
    """For what only a cluster can promise."""
    async for each in staged(RAY):
        yield each
