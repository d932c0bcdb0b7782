"""What the integration tests are given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from actors.runtime.api import Recipe, Spawn
from actors.runtime.local import LocalRuntime
from tests.support.actors.manager_service import SETTINGS, FullDisk, Service
from tests.support.actors.supervised_children import DIARY, Diary, Family, settle
from tests.support.actors.virtual_time import VirtualClock


@pytest.fixture
async def family(virtual_clock: VirtualClock) -> AsyncIterator[Family]:
    runtime = LocalRuntime(virtual_clock, seed=1)
    diary = await runtime.spawn(Spawn(DIARY, Recipe.of(Diary)))
    family = Family(runtime)
    yield family
    await family.dissolve()
    await diary.stop(1.0)
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "someone has left a task behind"


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Service]:
    """A manager over a journal in memory; clients and workers are the test's own."""
    service = Service(virtual_clock, SETTINGS)
    await service.start()
    yield service
    FullDisk.full = False
    await service.stop()
