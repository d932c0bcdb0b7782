"""The JobManager on a bad day: no room, another writer, leases that cross, restarts."""

from __future__ import annotations

import asyncio

import pytest

from actors.manager import store
from actors.manager.job_manager import JobManager
from retender.errors import (
    ActorGone,
    CorruptMedia,
    Draining,
    JobNotFound,
    RetenderError,
    StorageFull,
)
from retender.jobs.states import Status
from retender.journal.api import Listing
from retender.storage.audio import Audio
from retender.workers.orders import Failed, LeaseState
from tests.support.actors.manager_service import AUDIO, SETTINGS, FullDisk, Service, recording


async def fail(service: Service, job_id: str) -> None:
    await service.submit(job_id)
    order = await service.order()
    await service.ask_for(0, Failed(order.token, CorruptMedia("no recording").failure()))
    assert (await service.job(job_id)).status is Status.FAILED


# No room


async def test_without_room_nothing_changes_whatever_is_asked(service: Service) -> None:
    await fail(service, "dead")
    await service.submit("waits")
    await service.submit("comes", audio_later=True)
    manager = service.manager
    before = [await service.job(job_id) for job_id in ("dead", "waits", "comes")]
    info = await manager.ask(JobManager.info)
    FullDisk.full = True
    for asking in (
        manager.ask(JobManager.retry, "dead"),
        manager.ask(JobManager.cancel, "waits"),
        manager.ask(JobManager.audio_arrived, "comes", AUDIO),
    ):
        with pytest.raises(StorageFull) as refusal:
            await asking
        assert refusal.value.retry_after
    assert [await service.job(job_id) for job_id in ("dead", "waits", "comes")] == before
    assert await manager.ask(JobManager.info) == info
    FullDisk.full = False
    await manager.ask(JobManager.retry, "dead")
    assert (await service.job("dead")).status is Status.QUEUED
    await service.work_off()
    assert (await service.job("waits")).status is Status.COMPLETED


async def test_what_was_not_written_down_says_nothing_of_the_time_left(service: Service) -> None:
    await service.submit("one", recording("one", 10))
    await service.ask_for(0, service.outcome(await service.order()))

    async def left() -> float | None:
        return (await service.manager.ask(JobManager.status, "one")).estimated_time_remaining

    given = (await service.ask_for(4)).orders
    await service.wait(4.0)
    FullDisk.full = True
    for order in given:
        with pytest.raises(StorageFull):
            await service.ask_for(0, service.outcome(order))
    assert await left() is None
    FullDisk.full = False
    for order in given:
        await service.ask_for(0, service.outcome(order))
    assert await left() is not None


async def test_without_room_it_still_answers_and_still_hears_signs_of_life(
    service: Service,
) -> None:
    await service.submit("one")
    order = await service.order()
    FullDisk.full = True
    for _ in range(10):
        await service.wait(SETTINGS.lease_seconds / 2)
        renewed = await service.manager.ask(JobManager.renew, "w", "1", (order.token,))
        assert renewed.leases == {order.token: LeaseState.ACTIVE}
    FullDisk.full = False
    assert (await service.ask_for(0, service.outcome(order))).lost == ()


async def test_a_lane_that_waits_gets_its_order_when_there_is_room_again(service: Service) -> None:
    await service.submit("one")
    FullDisk.full = True
    with pytest.raises(StorageFull):
        await service.ask_for(1, wait=4.0)
    FullDisk.full = False
    waiting = asyncio.ensure_future(service.ask_for(1, wait=4.0))
    assert [order.job_id for order in (await waiting).orders] == ["one"]


async def test_stopping_without_room_is_stopping_in_order(service: Service) -> None:
    """The leases that cannot be written off now are void in the next life anyway."""
    await service.submit("one")
    held = await service.order()
    FullDisk.full = True
    assert (await service._children[0].stop(5.0)).normal
    FullDisk.full = False
    await service.start()
    assert (await service.ask_for(0, service.outcome(held))).lost == (held.token,)
    assert (await service.order(worker="another")).attempt == 1


# Two writers


async def test_a_manager_that_was_replaced_writes_nothing_more(service: Service) -> None:
    await service.submit("before")
    journal = await service.disk()
    await journal.begin_epoch()
    with pytest.raises(ActorGone):
        await service.submit("after")
    exit_ = await service._children[0].exited()
    assert exit_.reason == "crashed"
    assert "BooksDisagree" in exit_.cause
    assert await journal.job("after") is None
    await service.start()
    assert (await service.job("before")).status is Status.QUEUED
    with pytest.raises(JobNotFound):
        await service.job("after")


async def test_a_service_that_is_stopping_takes_no_retries(service: Service) -> None:
    await fail(service, "dead")
    assert await service.manager.ask(JobManager.drain, 1.0)
    with pytest.raises(Draining):
        await service.manager.ask(JobManager.retry, "dead")
    assert (await service.job("dead")).status is Status.FAILED


# Leases that cross


async def test_a_result_that_comes_twice_counts_once(service: Service) -> None:
    await service.submit("one", recording("one", 2))
    await service.ask_for(0, service.outcome(await service.order()))
    done = service.outcome(await service.order())
    assert (await service.ask_for(0, done)).lost == ()
    assert (await service.ask_for(0, done)).lost == (done.token,)
    await service.work_off()
    assert await service.text("one") == "one-0 one-1"


async def test_results_that_come_twice_in_one_message_count_once(service: Service) -> None:
    await service.submit("one", recording("one", 2))
    await service.ask_for(0, service.outcome(await service.order()))
    done = service.outcome(await service.order())
    assert (await service.ask_for(0, done, done)).lost == (done.token,)
    assert (await service.job("one")).chunks_done == 1


async def test_a_worker_that_died_loses_what_it_held_and_no_one_elses(service: Service) -> None:
    await service.submit("one", recording("one", 2))
    await service.ask_for(0, service.outcome(await service.order(worker="a")), worker="a")
    dead, alive = await service.order(worker="a"), await service.order(worker="b")
    await service.manager.ask(JobManager.worker_down, "a", "killed by SIGKILL")
    renewed = await service.manager.ask(JobManager.renew, "b", "1", (alive.token, dead.token))
    assert renewed.leases == {alive.token: LeaseState.ACTIVE, dead.token: LeaseState.LOST}
    assert (await service.manager.ask(JobManager.info)).workers == 1


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_lane_of_a_dead_worker_gets_nothing(service: Service, *, is_told: bool) -> None:
    """Whether the manager was told of the death, or meets the next life."""
    lane = asyncio.ensure_future(service.ask_for(1, instance="1", wait=4.0))
    await service.wait(0.1)
    if is_told:
        await service.manager.ask(JobManager.worker_down, "w", "killed")
    else:
        await service.ask_for(0, instance="2")
    await service.submit("one")
    assert (await lane).orders == ()
    assert (await service.order(instance="2")).attempt == 1


# Audio that is known


async def test_audio_that_turns_out_to_be_known_completes_the_job_at_once(service: Service) -> None:
    script = recording("x")
    await service.submit("first", script)
    await service.work_off()
    await service.submit("second", script, audio_later=True)
    receipt = await service.manager.ask(JobManager.audio_arrived, "second", script.audio())
    assert receipt.job.status is Status.COMPLETED
    assert await service.text("second") == script.text
    events = await service.manager.ask(JobManager.events, "second", 0)
    assert [(event.seq, event.last) for event in events] == [(1, False), (2, True)]


async def test_audio_for_a_job_that_was_cancelled_meanwhile_revives_nothing(
    service: Service,
) -> None:
    await service.submit("one", audio_later=True)
    await service.manager.ask(JobManager.cancel, "one")
    receipt = await service.manager.ask(JobManager.audio_arrived, "one", AUDIO)
    assert (receipt.existing, receipt.job.status) == (True, Status.CANCELLED)


async def test_audio_for_an_unknown_job_is_refused(service: Service) -> None:
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.audio_arrived, "nobody", Audio("b" * 64, 1))


# Restarts


async def test_counts_and_estimates_survive_a_restart(service: Service) -> None:
    await fail(service, "dead")
    await service.submit("first")
    await service.submit("second")
    before = await service.manager.ask(JobManager.info)
    await service.stop()
    await service.start()
    after = await service.manager.ask(JobManager.info)
    assert (after.queue_size, after.total_jobs, after.dead_letters) == (2, 3, 1)
    assert after.audio_seconds_waiting == before.audio_seconds_waiting
    status = await service.manager.ask(JobManager.status, "second")
    assert status.queue_position == 2


async def test_a_failed_job_can_be_retried_after_a_restart(service: Service) -> None:
    await fail(service, "dead")
    await service.stop()
    await service.start()
    await service.manager.ask(JobManager.retry, "dead")
    await service.work_off()
    assert (await service.job("dead")).status is Status.COMPLETED
    assert await service.text("dead") == "dead-0 dead-1"


async def test_tokens_of_two_lives_never_meet(service: Service) -> None:
    await service.submit("one", recording("one", 4))
    old = await service.order()
    await service.stop()
    await service.start()
    assert (await service.order()).token != old.token


# The log


async def test_a_reader_from_the_future_is_set_right(service: Service) -> None:
    """A journal that was restored from a copy is behind those who followed the lost one."""
    await service.submit("one")
    page = await service.manager.ask(JobManager.log, 1_000_000)
    assert (page.events, page.position) == ((), 1)


async def test_a_long_log_comes_page_by_page_with_nothing_missing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "RECENT_EVENTS", 20)
    monkeypatch.setattr(store, "EVENTS_PER_PAGE", 8)
    await service.stop()
    await service.start()
    for n in range(10):
        await service.submit(f"job-{n}", recording(f"{n}", 1))
        await service.work_off()
    last = (await service.manager.ask(JobManager.log, None)).position
    assert last > 20, "not all of it is at hand"
    seen: list[int] = []
    position = 0
    while position < last:
        page = await service.manager.ask(JobManager.log, position)
        assert 0 < len(page.events) <= 8
        seen += [event.position for event in page.events]
        position = page.position
    assert seen == list(range(1, last + 1))


async def test_nobody_gets_more_than_a_page(service: Service) -> None:
    for n in range(3):
        await service.submit(f"job-{n}")
    page = await service.manager.ask(JobManager.jobs, Listing(limit=0))
    assert len(page.jobs) == 1, "a limit that makes no sense is made one that does"
    page = await service.manager.ask(JobManager.jobs, Listing(limit=10**9))
    assert len(page.jobs) == 3


async def test_a_cursor_that_was_not_given_out_is_refused(service: Service) -> None:
    await service.submit("one")
    with pytest.raises(RetenderError, match="cursor"):
        await service.manager.ask(JobManager.jobs, Listing(limit=10, cursor="nonsense"))
