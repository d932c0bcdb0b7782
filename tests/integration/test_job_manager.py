"""The JobManager as clients and workers meet it, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from actors.job_manager import JobManager, ManagerSettings
from retender.errors import (
    AlreadyFinished,
    CorruptMedia,
    Draining,
    EngineFailed,
    IdempotencyConflict,
    JobNotFound,
    NotFailed,
    QueueFull,
    StorageFull,
)
from retender.jobs import Job
from retender.retention import DAY, Retention
from retender.retry import RetryPolicy
from retender.states import Stage, Status
from retender.work import Broke, Dropped, Outcome, Verdict
from tests.integration.service import AUDIO, ENGLISH, FullDisk, Service, recording
from tests.virtual_time import VirtualClock

SETTINGS = ManagerSettings(max_queue=5, lease_seconds=10.0, retry=RetryPolicy(attempts=3))


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Service]:
    service = Service(virtual_clock, SETTINGS)
    await service.start()
    yield service
    FullDisk.full = False
    await service.stop()


# Submitting


async def test_a_submission_is_queued_with_its_place_and_an_estimate(service: Service) -> None:
    receipt = await service.submit("one")
    assert receipt.job.status is Status.QUEUED
    assert receipt.queue_position == 1
    assert receipt.estimated_processing_time >= 0
    assert (await service.submit("two")).queue_position == 2


async def test_sent_twice_it_is_one_job(service: Service) -> None:
    await service.submit("one")
    again = await service.submit("one")
    assert again.existing
    assert (await service.manager.ask(JobManager.info)).total_jobs == 1


async def test_an_idempotency_key_makes_a_resent_upload_the_same_job(service: Service) -> None:
    await service.submit("one", recording("x"), owner="ana", idempotency_key="k")
    again = await service.submit("two", recording("x"), owner="ana", idempotency_key="k")
    assert (again.existing, again.job.id) == (True, "one")
    other = await service.submit("three", recording("x"), owner="ben", idempotency_key="k")
    assert other.job.id == "three"


async def test_the_same_key_for_something_else_is_a_conflict(service: Service) -> None:
    await service.submit("one", recording("x"), idempotency_key="k")
    with pytest.raises(IdempotencyConflict, match="another recording or other options"):
        await service.submit("two", recording("y"), idempotency_key="k")
    with pytest.raises(IdempotencyConflict):
        await service.submit("three", recording("x"), options=ENGLISH, idempotency_key="k")


async def test_known_audio_with_the_same_options_is_answered_at_once(service: Service) -> None:
    await service.submit("first", recording("x"))
    await service.work_off()
    receipt = await service.submit("second", recording("x"))
    assert receipt.job.status is Status.COMPLETED
    assert await service.text("second") == await service.text("first") == "x-0 x-1"
    assert await service.work_off() == []
    events = await service.manager.ask(JobManager.events, "second", 0)
    assert [event.seq for event in events] == [1]


async def test_known_audio_with_other_options_is_done_anew(service: Service) -> None:
    await service.submit("first", recording("x"))
    await service.work_off()
    receipt = await service.submit("second", recording("x"), options=ENGLISH)
    assert receipt.job.status is Status.QUEUED


async def test_a_full_queue_refuses_and_says_when_to_come_back(service: Service) -> None:
    for n in range(SETTINGS.max_queue):
        await service.submit(f"job-{n}")
    with pytest.raises(QueueFull, match="5 jobs are waiting") as refusal:
        await service.submit("one too many")
    assert refusal.value.retry_after is not None
    assert refusal.value.retry_after > 0
    with pytest.raises(JobNotFound):
        await service.job("one too many")


async def test_a_draining_service_takes_nothing_in_and_gives_nothing_out(service: Service) -> None:
    await service.submit("before")
    assert await service.manager.ask(JobManager.drain, 1.0)
    with pytest.raises(Draining) as refusal:
        await service.submit("after")
    assert refusal.value.retry_after
    assert (await service.ask_for(1)).orders == ()


async def test_draining_waits_for_what_is_in_hand(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    draining = asyncio.ensure_future(service.manager.ask(JobManager.drain, 4.0))
    await service.wait(1.0)
    assert not draining.done()
    await service.ask_for(0, service.outcome(order))
    assert await draining is True


async def test_draining_ends_with_its_grace(service: Service) -> None:
    await service.submit("one")
    await service.order()
    assert await service.manager.ask(JobManager.drain, 2.0) is False


async def test_a_job_may_be_announced_before_its_audio(service: Service) -> None:
    receipt = await service.submit("one", audio_later=True)
    assert (receipt.job.status, receipt.job.stage) == (Status.PENDING, Stage.UPLOADING)
    assert (await service.ask_for(1)).orders == ()
    script = recording("one")
    receipt = await service.manager.ask(JobManager.audio_arrived, "one", script.audio())
    assert receipt.job.status is Status.QUEUED
    await service.work_off()
    assert await service.text("one") == script.text


async def test_a_full_disk_refuses_and_nothing_has_changed(service: Service) -> None:
    await service.submit("before")
    FullDisk.full = True
    with pytest.raises(StorageFull):
        await service.submit("during")
    with pytest.raises(StorageFull):
        await service.ask_for(1)
    FullDisk.full = False
    with pytest.raises(JobNotFound):
        await service.job("during")
    await service.work_off()
    assert (await service.job("before")).status is Status.COMPLETED


async def test_a_result_that_found_no_room_is_taken_when_there_is_some(service: Service) -> None:
    await service.submit("one")
    done = service.outcome(await service.order())
    FullDisk.full = True
    with pytest.raises(StorageFull):
        await service.ask_for(0, done)
    FullDisk.full = False
    assert (await service.ask_for(0, done)).lost == ()


# Reading


async def test_others_do_not_see_the_job(service: Service) -> None:
    await service.submit("one", owner="ana")
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.status, "one", "ben")
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.transcript, "one", "ben")
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.cancel, "one", "ben")
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.retry, "one", "ben")
    assert (await service.manager.ask(JobManager.status, "one", "ana")).job.id == "one"


async def test_jobs_are_listed_newest_first_and_by_state(service: Service) -> None:
    for name in ("one", "two", "three"):
        await service.submit(name)
    await service.manager.ask(JobManager.cancel, "two")
    page = await service.manager.ask(JobManager.jobs, None, None, 2)
    assert [job.id for job in page.jobs] == ["three", "two"]
    rest = await service.manager.ask(JobManager.jobs, None, None, 2, page.cursor)
    assert [job.id for job in rest.jobs] == ["one"]
    cancelled = await service.manager.ask(JobManager.jobs, None, Status.CANCELLED)
    assert [job.id for job in cancelled.jobs] == ["two"]


async def test_progress_is_the_audio_that_is_written_down(service: Service) -> None:
    await service.submit("one", recording("one", 4))
    await service.ask_for(0, service.outcome(await service.order()))
    shown = []
    for order in (await service.ask_for(4)).orders:
        shown.append((await service.job("one")).progress)
        await service.ask_for(0, service.outcome(order))
    assert shown == [0, 25, 50, 75]
    assert (await service.job("one")).progress == 100


async def test_finished_segments_come_with_the_events_in_order(service: Service) -> None:
    await service.submit("one", recording("one", 3))
    await service.ask_for(0, service.outcome(await service.order()))
    first, second, third = (await service.ask_for(3)).orders
    for order in (third, first, second):
        await service.ask_for(0, service.outcome(order))
    events = await service.manager.ask(JobManager.events, "one", 0)
    told = [[segment.text for segment in event.segments] for event in events if event.piece]
    assert told == [[], ["one-0"], ["one-1", "one-2"]]


# Cancelling and retrying


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
    assert before == {order.token: Verdict.GO_ON}
    assert after == {order.token: Verdict.CANCELLED}
    assert (await service.ask_for(0, service.outcome(order))).lost == (order.token,)


async def test_a_failed_job_is_a_dead_letter_until_it_is_retried(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    await service.ask_for(0, Broke(order.token, CorruptMedia("no recording").failure()))
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
            Broke(order.token, EngineFailed("again").failure())
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
    await service.ask_for(0, Broke(order.token, EngineFailed("this time").failure()))
    assert (await service.job("one")).stage is Stage.RETRYING
    assert (await service.ask_for(1)).orders == ()
    await service.wait(3.0)
    assert (await service.order()).attempt == 2


# Workers


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
    assert (await service.manager.ask(JobManager.load)).silent == ("slow",)
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
        verdicts = await service.manager.ask(JobManager.renew, "w", "1", (order.token,))
        assert verdicts == {order.token: Verdict.GO_ON}


async def test_a_new_life_of_a_worker_ends_the_leases_of_the_old(service: Service) -> None:
    await service.submit("one")
    order = await service.order(life="1")
    await service.ask_for(0, life="2")
    assert (await service.ask_for(0, service.outcome(order), life="1")).lost == (order.token,)


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
    await service.ask_for(0, Dropped(order.token))
    assert (await service.order()).attempt == 1


async def test_a_poison_chunk_fails_alone(service: Service) -> None:
    """Its neighbours die with it once; from then on it is worked on alone."""
    await service.submit("one", recording("one", 4))
    await service.ask_for(0, service.outcome(await service.order()))
    life = 0
    while not (await service.job("one")).finished:
        life += 1
        orders = (await service.ask_for(4, life=str(life))).orders
        while orders and all(order.index != 2 for order in orders):
            done = map(service.outcome, orders)
            orders = (await service.ask_for(4, *done, life=str(life))).orders
        if orders:
            await service.manager.ask(JobManager.worker_down, "w", "killed by SIGKILL")
        await service.wait(5.0)
    job = await service.job("one")
    assert (job.failure and job.failure.code) == "worker_crashed"
    assert (job.chunks_done, job.chunks_failed) == (3, 1)
    assert await service.text("one") == "one-0 one-2 one-3"


# Restarts


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


# The log


async def test_the_log_has_every_event_in_its_place(service: Service) -> None:
    await service.submit("one")
    await service.submit("two")
    page = await service.manager.ask(JobManager.log, 0)
    assert [(event.job_id, event.position) for event in page.events] == [("one", 1), ("two", 2)]
    assert page.position == 2


async def test_whoever_waits_at_the_log_hears_at_once(service: Service) -> None:
    start = await service.manager.ask(JobManager.log, None)
    waiting = asyncio.ensure_future(service.manager.ask(JobManager.log, start.position, 4.0))
    await service.wait(1.0)
    assert not waiting.done()
    await service.submit("one")
    assert [event.job_id for event in (await waiting).events] == ["one"]


async def test_who_waits_at_the_log_in_vain_is_told_so(service: Service) -> None:
    page = await service.manager.ask(JobManager.log, 0, 2.0)
    assert (page.events, page.position) == ((), 0)


async def test_old_events_are_read_from_the_journal(service: Service) -> None:
    await service.submit("one")
    await service.stop()
    await service.start()
    page = await service.manager.ask(JobManager.log, 0)
    assert [event.job_id for event in page.events] == ["one"]


# Housekeeping


async def needed(service: Service, **terms: float) -> tuple[frozenset[str], frozenset[str]]:
    found = await service.manager.ask(JobManager.needed, Retention(**terms))
    return found.audio, found.jobs


async def test_the_audio_of_unfinished_jobs_is_needed(service: Service) -> None:
    await service.submit("one")
    audio, jobs = await needed(service)
    assert audio == {recording("one").audio().sha256}
    assert jobs == {"one"}


async def test_the_audio_of_a_finished_job_is_kept_for_a_while(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    assert (await needed(service))[0]
    service.clock.shift(8 * DAY)
    assert (await needed(service)) == (frozenset(), frozenset())


async def test_an_old_job_is_forgotten(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    service.clock.shift(31 * DAY)
    await needed(service)
    with pytest.raises(JobNotFound):
        await service.job("one")
    assert (await service.manager.ask(JobManager.info)).total_jobs == 0


async def test_an_upload_that_is_never_finished_fails_its_job(service: Service) -> None:
    await service.submit("one", audio_later=True)
    service.clock.shift(2 * DAY)
    await needed(service)
    job = await service.job("one")
    assert (job.status, job.failure and job.failure.code) == (Status.FAILED, "upload_expired")
    with pytest.raises(NotFailed, match="never got its audio"):
        await service.manager.ask(JobManager.retry, "one")


async def test_audio_that_arrives_twice_changes_nothing(service: Service) -> None:
    await service.submit("one", audio_later=True)
    first = await service.manager.ask(JobManager.audio_arrived, "one", AUDIO)
    again = await service.manager.ask(JobManager.audio_arrived, "one", AUDIO)
    assert (first.existing, again.existing) == (False, True)


async def test_the_estimate_waits_until_it_is_stable(service: Service) -> None:
    await service.submit("one", recording("one", 12))
    await service.ask_for(0, service.outcome(await service.order()))

    async def estimate() -> float | None:
        return (await service.manager.ask(JobManager.status, "one")).estimated_time_remaining

    assert await estimate() is None
    for _ in range(8):
        order = await service.order()
        await service.wait(2.0)
        await service.ask_for(0, service.outcome(order))
    left = await estimate()
    assert left is not None
    assert left == pytest.approx(4 * 2.0, rel=0.3)


def test_a_job_of_its_own_knows_its_cache_key() -> None:
    job = Job(id="j", owner="", status=Status.QUEUED, stage=Stage.QUEUED, created_at=0.0)
    assert job.cache_key is None
