"""The JobManager as workers meet it, through its restarts, in virtual time."""

from __future__ import annotations

import asyncio

from actors.manager.job_manager import JobManager
from retender.jobs.states import Status
from retender.workers.engine_info import PoolReport
from retender.workers.orders import LeaseState, Returned
from tests.support.actors.manager_service import SETTINGS, Service, recording


async def test_a_worker_waits_for_work_and_gets_it_when_it_comes(service: Service) -> None:
    waiting = asyncio.ensure_future(service.ask_for(1, wait=3.0))
    await service.wait(1.0)
    assert not waiting.done()
    await service.submit("one")
    assert [order.job_id for order in (await waiting).orders] == ["one"]


async def test_a_worker_that_waits_in_vain_is_told_so(service: Service) -> None:
    assert (await service.ask_for(1, wait=2.0)).orders == ()


async def test_one_long_recording_is_worked_on_by_all(service: Service) -> None:
    await service.submit("long", recording("long", 6))
    await service.ask_for(0, service.outcome(await service.order()))
    given = [await service.order(worker=f"w{n}") for n in range(6)]
    assert sorted(order.index for order in given) == [1, 2, 3, 4, 5, 6]


async def test_chunks_of_several_jobs_fill_one_batch(service: Service) -> None:
    await service.submit("one")
    await service.submit("two")
    prepared = [service.outcome(order) for order in (await service.ask_for(2)).orders]
    await service.ask_for(0, *prepared)
    batch = (await service.ask_for(4)).orders
    assert sorted(order.job_id for order in batch) == ["one", "one", "two", "two"]


async def test_a_silent_workers_piece_goes_elsewhere_and_its_late_result_does_not_count(
    service: Service,
) -> None:
    await service.submit("one", recording("one", 1))
    slow = await service.order(worker="slow")
    await service.wait(SETTINGS.lease_seconds + 5.0)
    assert (await service.manager.ask(JobManager.load, PoolReport(engine="local"))).silent == (
        "slow",
    )
    again = await service.order(worker="quick")
    assert again.index == slow.index
    late = await service.ask_for(0, service.outcome(slow), worker="slow")
    assert late.lost == (slow.token,)
    await service.ask_for(0, service.outcome(again), worker="quick")
    await service.work_off("quick")
    assert await service.text("one") == "one-0"


async def test_signs_of_life_keep_a_lease(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    for _ in range(10):
        await service.wait(SETTINGS.lease_seconds / 2)
        renewed = await service.manager.ask(JobManager.renew, "w", "1", (order.token,))
        assert renewed.leases == {order.token: LeaseState.ACTIVE}


async def test_a_new_life_of_a_worker_ends_the_leases_of_the_old(service: Service) -> None:
    await service.submit("one")
    order = await service.order(instance="1")
    await service.ask_for(0, instance="2")
    assert (await service.ask_for(0, service.outcome(order), instance="1")).lost == (order.token,)


async def test_orders_that_never_arrived_are_given_again_and_count_for_nothing(
    service: Service,
) -> None:
    await service.submit("one")
    await service.order()
    for _ in range(8):
        await service.wait(1.0)
        await service.manager.ask(JobManager.renew, "w", "1", ())
    assert (await service.order()).attempt == 1


async def test_what_is_given_back_untouched_is_no_attempt(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    await service.ask_for(0, Returned(order.token))
    assert (await service.order()).attempt == 1


async def test_a_poison_chunk_fails_alone(service: Service) -> None:
    """Its neighbours die with it once; from then on it is worked on alone."""
    await service.submit("one", recording("one", 4))
    await service.ask_for(0, service.outcome(await service.order()))
    instance = 0
    while not (await service.job("one")).finished:
        instance += 1
        orders = (await service.ask_for(4, instance=str(instance))).orders
        while orders and all(order.index != 2 for order in orders):
            done = map(service.outcome, orders)
            orders = (await service.ask_for(4, *done, instance=str(instance))).orders
        if orders:
            await service.manager.ask(JobManager.worker_down, "w", "killed by SIGKILL")
        await service.wait(5.0)
    job = await service.job("one")
    assert (job.failure and job.failure.code) == "worker_crashed"
    assert (job.chunks_done, job.chunks_failed) == (3, 1)
    assert await service.text("one") == "one-0 one-2 one-3"


async def test_a_new_life_goes_on_where_the_old_one_was(service: Service) -> None:
    await service.submit("one", recording("one", 3))
    await service.submit("two")
    await service.ask_for(0, *map(service.outcome, (await service.ask_for(2)).orders))
    held = await service.order()
    await service.stop()
    await service.start()
    late = await service.ask_for(0, service.outcome(held))
    assert late.lost == (held.token,), "leases of the old life are void"
    done = {(order.job_id, order.index) for order in await service.work_off()}
    assert ("one", 0) not in done, "what was finished is not done again"
    assert await service.text("one") == "one-0 one-1 one-2"
    assert (await service.job("two")).status is Status.COMPLETED


async def test_stopping_gives_back_what_is_out(service: Service) -> None:
    await service.submit("one")
    manager = service._children[0]
    await service.order()
    assert (await manager.stop(5.0)).normal
    await service.start()
    assert (await service.order()).attempt == 1
