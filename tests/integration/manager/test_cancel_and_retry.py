"""How jobs are called off, fail, and get another chance, in virtual time."""

from __future__ import annotations

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import (
    AlreadyFinished,
    CorruptMedia,
    EngineFailed,
    NotFailed,
)
from retender.jobs.states import Stage, Status
from retender.workers.orders import Failed, LeaseState, Outcome
from tests.support.actors.manager_service import Service, recording


async def test_a_job_can_be_cancelled_in_every_state(service: Service) -> None:
    await service.submit("pending", audio_later=True)
    await service.submit("queued")
    await service.submit("processing")
    await service.ask_for(2)
    for job_id in ("pending", "queued", "processing"):
        job = await service.manager.ask(JobManager.cancel, job_id)
        assert job.status is Status.CANCELLED
        assert (await service.manager.ask(JobManager.cancel, job_id)) == job, "idempotent"


async def test_a_finished_job_cannot_be_cancelled(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    with pytest.raises(AlreadyFinished, match="already completed"):
        await service.manager.ask(JobManager.cancel, "one")


async def test_a_worker_hears_of_the_cancellation_with_its_next_sign_of_life(
    service: Service,
) -> None:
    await service.submit("one")
    order = await service.order()
    held = (order.token,)
    before = await service.manager.ask(JobManager.renew, "w", "1", held)
    await service.manager.ask(JobManager.cancel, "one")
    after = await service.manager.ask(JobManager.renew, "w", "1", held)
    assert before.leases == {order.token: LeaseState.ACTIVE}
    assert after.leases == {order.token: LeaseState.CANCELLED}
    assert (await service.ask_for(0, service.outcome(order))).lost == (order.token,)


async def test_a_failed_job_is_a_dead_letter_until_it_is_retried(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    await service.ask_for(0, Failed(order.token, CorruptMedia("no recording").failure()))
    job = await service.job("one")
    assert (job.status, job.failure and job.failure.code) == (Status.FAILED, "corrupt_media")
    assert (await service.manager.ask(JobManager.info)).dead_letters == 1
    await service.manager.ask(JobManager.retry, "one")
    assert (await service.manager.ask(JobManager.info)).dead_letters == 0
    await service.work_off()
    assert (await service.job("one")).status is Status.COMPLETED


async def test_only_a_failed_job_can_be_retried(service: Service) -> None:
    await service.submit("one")
    with pytest.raises(NotFailed, match="is queued"):
        await service.manager.ask(JobManager.retry, "one")


async def fail_chunk(service: Service, index: int) -> None:
    """Work off job `one`, but for a chunk that goes wrong as often as it may."""
    done: tuple[Outcome, ...] = ()
    while not (await service.job("one")).finished:
        orders = (await service.ask_for(1, *done)).orders
        done = tuple(
            Failed(order.token, EngineFailed("again").failure())
            if order.index == index
            else service.outcome(order)
            for order in orders
        )
        if not orders:
            await service.wait(1.0)


async def test_a_failed_job_keeps_the_text_of_its_other_chunks(service: Service) -> None:
    await service.submit("one", recording("one", 4))
    await fail_chunk(service, 2)
    assert await service.text("one") == "one-0 one-2 one-3"


async def test_a_retried_job_does_only_what_is_not_done(service: Service) -> None:
    await service.submit("one", recording("one", 4))
    await fail_chunk(service, 2)
    await service.manager.ask(JobManager.retry, "one")
    assert [order.index for order in await service.work_off()] == [2]
    assert await service.text("one") == "one-0 one-1 one-2 one-3"


async def test_a_piece_that_went_wrong_is_tried_again_after_a_while(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    await service.ask_for(0, Failed(order.token, EngineFailed("this time").failure()))
    assert (await service.job("one")).stage is Stage.RETRYING
    assert (await service.ask_for(1)).orders == ()
    await service.wait(3.0)
    assert (await service.order()).attempt == 2
