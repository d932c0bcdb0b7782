"""What the manager tells of the lives of jobs, for their traces, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from actors.manager.job_manager import JobManager
from retender.errors import CorruptMedia, EngineFailed
from retender.jobs.deliveries import WEBHOOKS, DeliveryExchange, DeliveryOutcome
from retender.jobs.trace import TraceRecord, root_span_id, span_id, trace_id
from retender.workers.orders import Failed, Returned
from tests.support.actors.manager_service import SETTINGS, Service, recording
from tests.support.actors.virtual_time import VirtualClock


@pytest.fixture
async def traced(virtual_clock: VirtualClock) -> AsyncIterator[Service]:
    service = Service(virtual_clock, replace(SETTINGS, traces=True))
    await service.start()
    yield service
    await service.stop()


async def records(service: Service) -> list[TraceRecord]:
    found: list[TraceRecord] = []
    after = None
    while (page := await service.manager.ask(JobManager.traces, after, 0.0)).records:
        found += page.records
        after = page.position
    return found


def told(found: list[TraceRecord]) -> list[tuple[str, str]]:
    return [(str(each.part), each.outcome) for each in found]


async def test_each_part_of_a_jobs_life_has_its_times(traced: Service) -> None:
    await traced.submit("one", recording("one", chunks=1))
    await traced.wait(3.0)
    order = await traced.order("w-1")
    await traced.wait(2.0)
    await traced.ask_for(0, traced.outcome(order), worker="w-1")
    chunk = await traced.order("w-1")
    await traced.wait(5.0)
    await traced.ask_for(0, traced.outcome(chunk), worker="w-1")
    found = await records(traced)
    assert told(found) == [
        ("queue", "processing"),
        ("preparation", "done"),
        ("chunk", "done"),
        ("job", "completed"),
    ]
    assert [round(each.ended - each.began) for each in found] == [3, 2, 5, 10]
    assert [each.worker for each in found] == ["", "w-1", "w-1", ""]
    assert (found[2].chunk, found[2].attempt, found[2].model) == (1, 1, "script")


async def test_an_attempt_says_how_it_ended_however_that_was(traced: Service) -> None:
    await traced.submit("one", recording("one", chunks=1))
    order = await traced.order("failing")
    trouble = EngineFailed("this once").failure()
    await traced.ask_for(0, Failed(order.token, trouble), worker="failing")
    await traced.wait(10.0)
    order = await traced.order("leaving")
    await traced.ask_for(0, Returned(order.token), worker="leaving")
    await traced.order("dying")
    await traced.manager.ask(JobManager.worker_down, "dying", "killed")
    await traced.wait(10.0)
    await traced.order("last")
    await traced.manager.ask(JobManager.cancel, "one")
    found = [each for each in await records(traced) if each.part == "preparation"]
    assert [(each.worker, each.outcome, each.code) for each in found] == [
        ("failing", "retried", "engine_failed"),
        ("leaving", "returned", ""),
        ("dying", "retried", "worker_crashed"),
        ("last", "cancelled", ""),
    ]
    assert len({span_id(each) for each in found}) == 4


async def test_a_retried_job_has_another_span_in_the_same_trace(traced: Service) -> None:
    await traced.submit("one", recording("one", chunks=1))
    order = await traced.order()
    await traced.ask_for(0, Failed(order.token, CorruptMedia("no recording").failure()))
    await traced.wait(100.0)
    await traced.manager.ask(JobManager.retry, "one")
    await traced.wait(1.0)
    await traced.work_off()
    found = await records(traced)
    first, second = [each for each in found if each.part == "job"]
    assert (first.outcome, first.code, second.outcome) == ("failed", "corrupt_media", "completed")
    assert trace_id("one", first.trace) == trace_id("one", second.trace)
    assert span_id(first) != span_id(second)
    again = [each for each in found if each.began >= second.began]
    assert {root_span_id("one", each.trace) for each in again} == {span_id(second)}
    assert [round(each.ended - each.began) for each in again if each.part == "queue"] == [1]


async def test_waiting_for_the_recording_is_the_upload_and_no_queue(traced: Service) -> None:
    script = recording("late", chunks=1)
    await traced.submit("late", script, audio_later=True)
    await traced.wait(60.0)
    await traced.manager.ask(JobManager.audio_arrived, "late", script.audio())
    await traced.wait(1.0)
    await traced.order()
    found = await records(traced)
    assert told(found) == [("upload", "received"), ("queue", "processing")]
    assert [round(each.ended - each.began) for each in found] == [60, 1]


async def test_each_attempt_at_a_delivery_is_told(traced: Service) -> None:
    await traced.submit("one", callback_url="https://app.example/done")
    await traced.work_off()
    await records(traced)
    tries = ("again", "delivered")
    for attempt, how in enumerate(tries, start=1):
        ask = DeliveryExchange(consumer=WEBHOOKS, want=1)
        (due,) = await traced.manager.ask(JobManager.deliveries, ask)
        await traced.wait(2.0)
        outcome = DeliveryOutcome(job_id="one", seq=due.seq, attempt=attempt, how=how)  # type: ignore[arg-type]  # of `tries`
        done = DeliveryExchange(consumer=WEBHOOKS, outcomes=(outcome,))
        await traced.manager.ask(JobManager.deliveries, done)
        await traced.wait(100.0)
    found = await records(traced)
    assert told(found) == [("webhook", "retried"), ("webhook", "delivered")]
    assert {each.receiver for each in found} == {"app.example"}
    assert [round(each.ended - each.began) for each in found] == [2, 2]


async def test_a_reader_of_an_earlier_manager_misses_nothing_of_the_next(traced: Service) -> None:
    await traced.submit("one", recording("one", chunks=1))
    await traced.order()
    before = await traced.manager.ask(JobManager.traces, None, 0.0)
    await traced.stop()
    await traced.start()
    await traced.wait(1.0)
    await traced.work_off()
    page = await traced.manager.ask(JobManager.traces, before.position, 0.0)
    assert told(list(page.records)) == [
        ("preparation", "done"),
        ("chunk", "done"),
        ("job", "completed"),
    ]


async def test_where_no_traces_are_made_nothing_is_kept(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    assert (await service.manager.ask(JobManager.traces, None, 0.0)).records == ()
    assert (await service.job("one")).trace is None
