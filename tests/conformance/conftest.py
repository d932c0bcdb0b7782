"""Every promise of the runtime seam is tested on every host, through `stage`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conformance.cast import Witness
from tests.conformance.stage import Stage, new_runtime, new_sim
from tests.virtual_time import SIM

# A host that is added here is held to the whole suite.
HOSTS = ("local", "process", SIM)


async def staged(host: str) -> AsyncIterator[Stage]:
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: unhandled.append(about))
    # In the simulation's runtime an actor is a local one; the process host needs real sockets.
    stage = (
        Stage(new_sim(), "local", ("local",))
        if host == SIM
        else Stage(new_runtime(), host, ("local", "process"))
    )
    await stage.start(Witness, "witness", host="local")
    yield stage
    await stage.clear()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "an actor has left a task behind"
    assert unhandled == [], "something went wrong where nobody looks"


@pytest.fixture(params=HOSTS)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
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
