"""The JobManager as clients meet it, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import (
    Draining,
    IdempotencyConflict,
    JobNotFound,
    QueueFull,
    StorageFull,
)
from retender.jobs.states import Stage, Status
from retender.journal.api import Listing
from tests.support.actors.manager_service import ENGLISH, SETTINGS, FullDisk, Service, recording


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
    page = await service.manager.ask(JobManager.jobs, Listing(limit=2))
    assert [job.id for job in page.jobs] == ["three", "two"]
    rest = await service.manager.ask(JobManager.jobs, Listing(limit=2, cursor=page.cursor))
    assert [job.id for job in rest.jobs] == ["one"]
    cancelled = await service.manager.ask(JobManager.jobs, Listing(status=Status.CANCELLED))
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
