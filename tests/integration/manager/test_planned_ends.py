"""Workers that end themselves by plan, with scripted engines in virtual time: to give memory back,
and to stop what nothing else stops. Nobody loses anything by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from actors.manager.job_manager import JobManager
from actors.names import TRANSCRIBER_POOL
from actors.runtime.api import Recipe, Spawn
from actors.supervision.children import TreeNode
from actors.supervision.restarts import Backoff, Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings, TranscriberPool
from retender.engines.api import EngineMessage
from retender.jobs.states import Status
from retender.scheduling.pool_size import Bounds
from retender.workers.orders import Order
from tests.support.actors.manager_service import recording
from tests.support.actors.scripted_service import Watched, Works
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Passage, Script

NOT_ONE_CRASH = Intensity(0, 3600.0)
NEVER_AGAIN = Backoff(first=1e6, cap=1e6)


class Plan:
    """How the engines of a test behave; it outlives the workers."""

    def __init__(self) -> None:
        self.good_for = 1000
        """Batches after which an engine is spent."""
        self.stops_after = 0.0
        """Seconds an engine takes to stop what is called off."""
        self.instances = 0
        self.computing = 0


class Mortal(Watched):
    def __init__(self, service: Works, plan: Plan, lanes: int = 1) -> None:
        super().__init__(service, lanes)
        self._plan = plan
        self._left = plan.good_for

    async def open(self) -> None:
        self._plan.instances += 1

    @property
    def needs_restart(self) -> bool:
        return self._left <= 0

    async def load(self, model: str) -> None: ...

    async def unload(self, model: str) -> None: ...

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        self._left -= 1
        self._plan.computing += 1
        try:
            async for news in super().work(orders):
                yield news
        except asyncio.CancelledError:
            await asyncio.sleep(self._plan.stops_after)
            raise
        finally:
            self._plan.computing -= 1


class Mortals(Works):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.plan = Plan()

    async def employ(self, lanes: int = 1) -> None:
        """One worker, which may not crash even once."""
        settings = PoolSettings(
            engine=Recipe.of(Mortal, service=self, plan=self.plan, lanes=lanes),
            host="local",
            bounds=Bounds(least=1, most=1),
            transcriber=TranscriberSettings(silence=60.0, stop_seconds=2.0),
            intensity=NOT_ONE_CRASH,
            backoff=NEVER_AGAIN,
            cool_down=1e6,
        )
        await self.spawn(Spawn(TRANSCRIBER_POOL, Recipe.of(TranscriberPool, settings=settings)))
        await self.wait(1.5)

    async def worker(self) -> TreeNode:
        tree = await self.runtime.ref(Supervisor, TRANSCRIBER_POOL).ask(Supervisor.describe)
        (child,) = tree.children
        return child

    async def begun(self, batches: int) -> None:
        while len(self.batches) < batches:
            await self.wait(0.1)


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Mortals]:
    service = Mortals(virtual_clock)
    await service.open()
    yield service
    await service.stop()


def slow(*takes: float) -> Script:
    return Script(tuple(Passage((f"w{n}",), takes=each) for n, each in enumerate(takes)))


async def test_a_spent_engine_costs_neither_a_piece_nor_an_attempt(service: Mortals) -> None:
    service.plan.good_for = 2
    await service.employ()
    await service.submit("one", recording("one", 7))
    assert await service.ends("one") is Status.COMPLETED
    assert await service.text("one") == " ".join(f"one-{n}" for n in range(7))
    given = [(order.index, order.attempt) for batch in service.batches for order in batch]
    assert given == [(index, 1) for index in range(8)]
    worker = await service.worker()
    assert service.plan.instances >= 4
    assert (worker.state, worker.restarts) == ("running", 0)
    assert worker.cause == "its models were given up, and their memory is to go back"


async def test_a_spent_engine_ends_though_nobody_asks_anything_of_it(service: Mortals) -> None:
    service.plan.good_for = 0
    await service.employ()
    service.plan.good_for = 1000
    await service.wait(10.0)
    assert service.plan.instances == 2
    assert (await service.worker()).state == "running"


async def test_what_other_lanes_have_in_hand_is_finished_first(service: Mortals) -> None:
    service.plan.good_for = 3
    await service.employ(lanes=2)
    await service.submit("one", slow(1.0, 20.0, 1.0))
    assert await service.ends("one") is Status.COMPLETED
    assert {order.attempt for batch in service.batches for order in batch} == {1}
    assert service.called_off == 0


async def test_computing_stops_within_its_bound_when_all_is_called_off(service: Mortals) -> None:
    service.plan.stops_after = 50.0
    await service.employ()
    await service.submit("one", slow(1000.0))
    await service.begun(2)
    await service.manager.ask(JobManager.cancel, "one")
    await service.wait(TranscriberSettings().heartbeat + 2.0 + 0.1)
    assert service.plan.computing == 0
    await service.submit("two", recording("two", 2))
    assert await service.ends("two") is Status.COMPLETED
    worker = await service.worker()
    assert (worker.restarts, service.plan.instances) == (0, 2)
    assert "did not stop" in worker.cause
    attempts = {order.attempt for batch in service.batches for order in batch}
    assert attempts == {1}, "what was offered to the one that left went to the next"


async def test_an_engine_that_stops_in_time_keeps_its_process(service: Mortals) -> None:
    service.plan.stops_after = 1.5
    await service.employ()
    await service.submit("one", slow(1000.0))
    await service.begun(2)
    await service.manager.ask(JobManager.cancel, "one")
    await service.wait(10.0)
    assert (service.plan.computing, service.plan.instances) == (0, 1)


async def test_what_does_not_stop_goes_on_while_others_are_in_hand(service: Mortals) -> None:
    service.plan.stops_after = 30.0
    await service.employ(lanes=2)
    await service.submit("one", slow(1000.0))
    await service.begun(2)
    await service.submit("two", slow(15.0))
    await service.begun(4)
    await service.manager.ask(JobManager.cancel, "one")
    await service.wait(5.0)
    assert (service.plan.computing, service.plan.instances) == (2, 1)
    assert await service.ends("two") is Status.COMPLETED
    assert await service.text("two") == "w0"
    await service.wait(5.0)
    assert (service.plan.computing, service.plan.instances) == (0, 2)
    assert {order.attempt for batch in service.batches for order in batch} == {1}


async def test_what_is_called_off_and_never_stops_is_taken_to_hang(
    virtual_clock: VirtualClock,
) -> None:
    """Others are always in hand, so that the worker never has an occasion to leave by plan."""
    service = Mortals(virtual_clock)
    await service.open()
    service.plan.stops_after = 1e5
    await service.employ(lanes=2)
    await service.submit("one", slow(1000.0))
    await service.begun(2)
    await service.submit("two", slow(500.0))
    await service.begun(4)
    await service.manager.ask(JobManager.cancel, "one")
    await service.wait(70.0)
    worker = await service.worker()
    assert "gave no sign of life" in worker.cause
    await service.stop()
