"""What goes wrong between workers, their pool and the manager, and what it must not cost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from actors.manager.job_manager import JobManager
from actors.names import TRANSCRIBER_POOL
from actors.runtime.api import Child, Recipe, Spawn
from actors.supervision.children import TreeNode
from actors.supervision.restarts import Backoff, Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings, TranscriberPool
from retender.engines.api import EngineMessage
from retender.errors import Busy, EngineUnavailable, ModelUnavailable
from retender.jobs.states import Status
from retender.scheduling.pool_size import Bounds
from retender.workers.orders import Order, Orders
from tests.support.actors.manager_service import FullDisk, recording
from tests.support.actors.scripted_service import SETTINGS, Works
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Act, Passage, Script

PATIENT = Intensity(3, 60.0)


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Works]:
    service = Works(virtual_clock)
    await service.open()
    yield service
    FullDisk.full = False
    await service.stop()


def slow(*takes: float) -> Script:
    return Script(tuple(Passage((f"w{n}",), takes=each) for n, each in enumerate(takes)))


async def begun(service: Works, batches: int) -> None:
    while len(service.batches) < batches:
        await service.wait(0.1)


async def pool_of(
    service: Works,
    engine: Recipe,
    bounds: Bounds,
    *,
    heartbeat: float = 0.5,
    intensity: Intensity = PATIENT,
    grace: float = 30.0,
) -> Child:
    settings = PoolSettings(
        engine=engine,
        host="local",
        bounds=bounds,
        transcriber=TranscriberSettings(heartbeat=heartbeat),
        intensity=intensity,
        backoff=Backoff(cap=4.0),
        cool_down=500.0,
        grace=grace,
    )
    recipe = Recipe.of(TranscriberPool, settings=settings)
    return await service.spawn(Spawn(TRANSCRIBER_POOL, recipe))


async def workers(service: Works) -> dict[str, TreeNode]:
    tree = await service.runtime.ref(Supervisor, TRANSCRIBER_POOL).ask(Supervisor.describe)
    return {child.name: child for child in tree.children}


# Results that find no one, or no room


async def test_a_result_that_waits_for_room_on_the_disk_is_not_done_again(service: Works) -> None:
    await service.submit("one", slow(4.0, 1.0))
    await service.transcriber()
    await begun(service, 2)
    FullDisk.full = True
    await service.wait(60.0)
    assert service.at_once == 0, "it is done, and waits to be turned in"
    FullDisk.full = False
    assert await service.ends("one") is Status.COMPLETED
    given = Counter(order.index for batch in service.batches for order in batch)
    assert given == {0: 1, 1: 1, 2: 1}


async def test_a_full_disk_costs_no_attempt_of_what_is_in_hand(service: Works) -> None:
    await service.submit("one", slow(2.0, 40.0, 1.0))
    await service.transcriber(lanes=2, silence=30.0)
    await begun(service, 3)
    FullDisk.full = True
    await service.wait(30.0)
    FullDisk.full = False
    assert await service.ends("one") is Status.COMPLETED
    assert {order.attempt for batch in service.batches for order in batch} == {1}


async def test_who_cannot_turn_in_a_part_of_a_batch_is_not_taken_to_hang(service: Works) -> None:
    await service.submit("one", slow(2.0, 2.0, 2.0))
    await service.transcriber(batch=3, silence=5.0)
    await begun(service, 2)
    FullDisk.full = True
    await service.wait(60.0)
    FullDisk.full = False
    assert await service.ends("one") is Status.COMPLETED
    assert {order.attempt for batch in service.batches for order in batch} == {1}


async def test_a_result_on_its_way_is_not_lost_when_the_rest_of_its_batch_is_cancelled(
    service: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    for job_id in ("one", "two"):
        await service.submit(job_id, Script((Passage((job_id,)),), Passage((), takes=2.0)))
    await service.transcriber(batch=2)
    await begun(service, 1)
    assert [order.job_id for order in service.batches[0]] == ["one", "two"]

    async def unheard(*_: object) -> Orders:
        raise Busy("the mailbox is full")

    monkeypatch.setattr(unheard, "__name__", "exchange")
    with monkeypatch.context() as away:
        away.setattr(JobManager, "exchange", unheard)
        await service.wait(3.0)
        await service.manager.ask(JobManager.cancel, "two")
        await service.wait(3.0)
    assert await service.ends("one") is Status.COMPLETED
    given = [(order.job_id, order.index) for batch in service.batches for order in batch]
    assert given == [("one", 0), ("two", 0), ("one", 1)], "no piece is done again"


async def test_a_result_of_an_older_epoch_is_dropped_and_the_worker_goes_on(service: Works) -> None:
    await service.submit("one", slow(4.0))
    await service.transcriber()
    await begun(service, 2)
    await service._children[0].kill()
    await service.wait(10.0)
    await service.start()
    assert await service.ends("one") is Status.COMPLETED
    given = Counter(order.index for batch in service.batches for order in batch)
    assert given == {0: 1, 1: 2}


# Failures that the engine tells of


class Refusing(Works):
    """Its engine raises these, one for each batch, before it works."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.refusals: list[Exception] = []
        self.starts: list[bool] = []

    def refusing(self) -> Recipe:
        return Recipe.of(RefusingEngine, service=self)


class RefusingEngine:
    name = "local"
    lanes = 1
    batch = 2

    def __init__(self, service: Refusing) -> None:
        self._service = service
        self._inner = service.engine(batch=2).resolve()(service, batch=2)

    async def open(self) -> None:
        """Fails to load as often as the test says."""
        if self._service.starts and not self._service.starts.pop(0):
            raise ModelUnavailable("no room for another model")

    async def close(self) -> None:
        pass

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        if orders[0].chunk is not None and self._service.refusals:
            raise self._service.refusals.pop(0)
        async for news in self._inner.work(orders):
            yield news


@pytest.fixture
async def refusing(virtual_clock: VirtualClock) -> AsyncIterator[Refusing]:
    service = Refusing(virtual_clock)
    await service.open()
    yield service
    await service.stop()


async def test_an_engine_that_is_away_for_a_while_costs_time_and_nothing_else(
    refusing: Refusing,
) -> None:
    refusing.refusals = [EngineUnavailable("come back later", retry_after=5.0)]
    await pool_of(refusing, refusing.refusing(), Bounds())
    await refusing.submit("one", slow(1.0, 1.0))
    assert await refusing.ends("one") is Status.COMPLETED
    assert await refusing.text("one") == "w0 w1"
    assert (await workers(refusing))["transcriber-1"].restarts == 0


async def test_a_model_that_cannot_be_had_fails_the_job_and_not_the_worker(
    refusing: Refusing,
) -> None:
    refusing.refusals = [ModelUnavailable("there is no model named tiny-klingon")]
    await pool_of(refusing, refusing.refusing(), Bounds())
    await refusing.submit("one", slow(1.0, 1.0))
    assert await refusing.ends("one") is Status.FAILED
    job = await refusing.job("one")
    assert job.failure is not None
    assert job.failure.code == "model_unavailable"
    assert (await workers(refusing))["transcriber-1"].restarts == 0


# Stopping


async def test_orders_that_come_while_stopping_are_given_back_untouched(service: Works) -> None:
    child = await service.transcriber()
    await service.wait(0.5)
    stopping = asyncio.ensure_future(child.stop(30.0))
    await service.wait(0.1)
    await service.submit("one")
    assert (await stopping).normal
    assert service.batches == []
    order = await service.order(worker="another")
    assert (order.index, order.attempt) == (0, 1)


async def test_a_worker_that_does_not_come_to_an_end_in_time_is_killed(service: Works) -> None:
    child = await service.transcriber(silence=1000.0)
    await service.submit("one", slow(500.0))
    await begun(service, 2)
    assert (await child.stop(10.0)).reason == "killed"
    assert (service.at_once, service.called_off) == (0, 1)


async def test_a_pool_that_shrinks_sends_away_who_is_idle(service: Works) -> None:
    bounds = Bounds(least=1, most=2, seconds_per_worker=8.0, idle_seconds=5.0)
    await pool_of(service, service.engine(), bounds)
    await service.submit("short", slow(10.0))
    await begun(service, 2)
    await service.submit("long", slow(60.0))
    await service.wait(40.0)
    assert set(await workers(service)) == {"transcriber-2"}, "the first has nothing to do"
    assert await service.ends("long") is Status.COMPLETED
    assert (service.called_off, (await workers(service))["transcriber-2"].restarts) == (0, 0)


async def test_a_piece_that_outlasts_the_grace_time_is_not_to_blame(service: Works) -> None:
    await pool_of(service, service.engine(), Bounds(), grace=5.0)
    await service.submit("one", slow(100.0))
    await begun(service, 2)
    pool = service.runtime.ref(TranscriberPool, TRANSCRIBER_POOL).within(60.0)
    assert (await pool.ask(TranscriberPool.stop_child, "transcriber-1")).reason == "killed"
    assert await service.ends("one") is Status.COMPLETED
    orders = [order for batch in service.batches for order in batch if order.index == 1]
    assert [order.attempt for order in orders] == [1, 1], "it goes to another as if it were new"


# Deaths


async def test_a_worker_that_dies_while_it_waits_for_work_is_suspected_of_nothing(
    service: Works,
) -> None:
    """What is offered to its empty place must not look like the cause of a death."""
    child = await service.transcriber()
    await service.wait(0.5)
    await child.kill()
    await service.manager.ask(JobManager.worker_down, "transcriber-1", "killed")
    await service.submit("one")
    await service.wait(0.1)
    await service.transcriber()
    assert await service.ends("one") is Status.COMPLETED
    assert {order.attempt for batch in service.batches for order in batch} == {1}


async def test_what_a_dead_worker_held_goes_to_another_at_once(service: Works) -> None:
    """Not only when its lease has run out, and whether or not it comes back."""
    await pool_of(service, service.engine(), Bounds(least=2, most=2), intensity=Intensity(0, 60.0))
    await service.submit("one", Script((Passage(("word",), acts=(Act.CRASH,)),)))
    begin = service.clock.monotonic()
    assert await service.ends("one") is Status.COMPLETED
    assert service.clock.monotonic() - begin < SETTINGS.lease_seconds


async def test_a_worker_that_falls_silent_is_replaced(service: Works) -> None:
    await pool_of(service, service.engine(), Bounds(), heartbeat=1e6)
    await service.submit("one", slow(30.0))
    await service.wait(12.0)
    worker = (await workers(service))["transcriber-1"]
    assert worker.restarts == 1
    assert "gave no sign of life" in worker.cause


async def test_a_pool_without_a_manager_keeps_its_workers_and_looks_again(service: Works) -> None:
    manager = service._children[0]
    await pool_of(service, service.engine(), Bounds(least=1, most=3, seconds_per_worker=10.0))
    await manager.kill()
    await service.wait(30.0)
    assert set(await workers(service)) == {"transcriber-1"}
    await service.start()
    await service.submit("one", recording("one", 30))
    await service.wait(10.0)
    assert len(await workers(service)) == 3


async def test_a_worker_added_under_load_that_does_not_start_is_tried_again_ever_more_slowly(
    refusing: Refusing,
) -> None:
    refusing.starts = [True] + [False] * 1000
    bounds = Bounds(least=1, most=2, seconds_per_worker=1.0, idle_seconds=1000.0)
    await pool_of(refusing, refusing.refusing(), bounds)
    await refusing.submit("one", slow(*[2.0] * 60))
    await refusing.wait(100.0)
    tried = 1000 - len(refusing.starts) + 1
    found = (await workers(refusing))["transcriber-2"]
    assert found.state == "exhausted"
    assert "no room for another model" in found.cause
    assert 1 < tried <= 5
    assert await refusing.ends("one") is Status.COMPLETED, "the first one does it alone"
