"""Convex that is away, slow or refuses: ends are never lost, and jobs go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from loguru import logger
from msgspec.structs import replace

from actors.broadcasting.broadcaster import Broadcaster
from actors.delivery.convex_sync import ConvexSync
from retender.outbound.convex_status import ConvexStatus
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, CONVEX_SYNC
from actors.runtime.api import Child, Recipe, Spawn
from retender.errors import ConvexNotSetUp, CorruptMedia, JobNotFound
from retender.jobs.job import Options
from retender.outbound.limits import CONVEX_BODY_BYTES, CONVEX_FAILURES
from retender.workers.orders import Failed
from tests.support.actors.manager_service import SETTINGS, Service, recording
from tests.support.actors.virtual_time import VirtualClock
from tests.support.convex.endpoint import KEY, Answer, ConvexEndpoint, Payload, settings
from tests.support.engines.scripted import Passage, Script
from tests.support.convex.synced_service import DOWN, HOUR, REFUSED, SOON, WELL, Synced


@pytest.fixture
async def here(virtual_clock: VirtualClock) -> AsyncIterator[Synced]:
    service = Synced(virtual_clock)
    await service.start()
    await service.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster)))
    yield service
    await service.stop()


@pytest.mark.parametrize(
    "trouble",
    [
        DOWN,
        Answer(error=httpx.ReadError("cut")),
        Answer(takes=1e6),
        *(Answer(status) for status in (408, 425, 429, 500, 503)),
    ],
    ids=["refused", "cut", "silent", "408", "425", "429", "500", "503"],
)
async def test_what_passes_by_itself_is_tried_quickly_and_then_again_and_again(
    here: Synced, trouble: Answer
) -> None:
    here.endpoint.answer(trouble)
    await here.start_sync()
    await here.finish("a", "b", "c", "d")
    await here.wait(2 * HOUR)
    state = await here.state()
    assert (state.reachable, state.waiting, state.parked) == (False, 4, 0)
    assert state.last_error
    here.endpoint.answer(WELL)
    await here.wait(15 * 60.0)
    assert [here.ends(job_id) for job_id in "abcd"] == [["completed"]] * 4
    assert (await here.state()).waiting == 0
    assert (await here.state()).reachable


async def test_a_request_is_made_three_times_before_it_waits(here: Synced) -> None:
    await here.finish("a")
    here.endpoint.answer(Answer(500), Answer(500), WELL)
    await here.start_sync()
    await here.wait(4.0)
    assert here.ends("a") == ["completed"]
    assert len(here.endpoint.of("a")) == 3
    pauses = [b.at - a.at for a, b in zip(here.endpoint.posted, here.endpoint.posted[1:], strict=False)]
    assert pauses == sorted(pauses)


async def test_a_dead_convex_is_left_alone_but_for_a_look_now_and_then(here: Synced) -> None:
    here.endpoint.answer(DOWN)
    await here.start_sync()
    await here.finish(*(f"job-{number}" for number in range(100)))
    await here.wait(60.0)
    posts, looks = len(here.endpoint.posted), here.endpoint.looks
    await here.wait(HOUR)
    assert len(here.endpoint.posted) == posts
    assert 80 <= here.endpoint.looks - looks <= 200
    state = await here.state()
    assert state.waiting == 100
    here.endpoint.answer(WELL)
    await here.wait(120.0)
    assert (await here.state()).waiting == 0
    assert all(here.ends(f"job-{number}") == ["completed"] for number in range(100))


async def test_convex_is_left_alone_for_as_long_as_it_asks(here: Synced) -> None:
    here.endpoint.answer(Answer(429, headers={"Retry-After": "20"}), WELL)
    await here.finish("a", "b")
    await here.start_sync()
    await here.wait(19.0)
    assert len(here.endpoint.posted) <= 2
    await here.wait(40.0)
    assert [here.ends(job_id) for job_id in "ab"] == [["completed"]] * 2


async def test_an_end_waits_for_the_progress_that_is_under_way(here: Synced) -> None:
    await here.start_sync()
    await here.submit("a")
    here.endpoint.answer(Answer(takes=4.0), WELL)
    order = await here.order()
    await here.wait(1.0)
    await here.ask_for(0, here.outcome(order))
    await here.work_off()
    await here.wait(10.0)
    assert here.endpoint.most_of_one_job == 1
    assert here.ends("a") == ["completed"]


async def test_each_end_of_a_retried_job_comes_in_order_and_nothing_before_it(
    here: Synced,
) -> None:
    here.endpoint.answer(DOWN)
    await here.start_sync()
    await here.fail("a")
    await here.wait(20.0)
    await here.manager.ask(JobManager.retry, "a")
    await here.wait(20.0)
    here.endpoint.answer(WELL)
    await here.wait(90.0)
    assert here.ends("a") == ["failed"]
    assert here.row("a")["status"] == "queued"
    await here.work_off()
    await here.wait(SOON)
    assert here.ends("a") == ["failed", "completed"]


async def test_what_convex_refuses_is_parked_until_a_person_has_it_retried(
    here: Synced, log: list[str]
) -> None:
    here.endpoint.answer(REFUSED)
    await here.start_sync()
    await here.finish("a", "b")
    await here.submit("c")
    await here.wait(2 * HOUR)
    posts = len(here.endpoint.posted)
    state = await here.state()
    assert (state.reachable, state.waiting, state.parked) == (True, 0, 3)
    assert "CONVEX_API_KEY" in state.reason
    assert any("parks" in line and "CONVEX_API_KEY" in line for line in log)
    here.endpoint.answer(WELL)
    await here.wait(HOUR)
    assert len(here.endpoint.posted) == posts
    assert await here.manager.ask(JobManager.retry_parked) == 2
    assert await here.sync.ask(ConvexSync.retry) == 1
    await here.wait(SOON)
    assert [here.ends(job_id) for job_id in "ab"] == [["completed"]] * 2
    assert here.row("c")["status"] == "queued"
    assert (await here.state()).parked == 0


async def test_a_job_that_is_refused_holds_up_no_other(here: Synced) -> None:
    invalid = b'{"error": {"code": "invalid_payload", "details": {"field": "stage"}}}'
    here.endpoint.answer(Answer(400, body=invalid), WELL)
    await here.finish("a")
    await here.start_sync()
    await here.wait(SOON)
    await here.finish("b", "c")
    await here.wait(SOON)
    assert [here.ends(job_id) for job_id in "abc"] == [[], ["completed"], ["completed"]]
    state = await here.state()
    assert (state.parked, "stage" in state.reason) == (1, True)


async def test_a_great_many_parked_jobs_are_all_retried(here: Synced) -> None:
    here.endpoint.answer(REFUSED)
    names = [f"job-{number}" for number in range(450)]
    await here.finish(*names)
    await here.start_sync()
    await here.wait(60.0)
    assert (await here.state()).parked == len(names)
    here.endpoint.answer(WELL)
    assert await here.manager.ask(JobManager.retry_parked) == len(names)
    await here.wait(60.0)
    assert (await here.state()).parked == 0
    assert all(here.ends(name) == ["completed"] for name in names)


async def test_what_waits_is_sent_by_the_next_start(here: Synced) -> None:
    here.endpoint.answer(DOWN)
    child = await here.start_sync()
    await here.finish("a", "b")
    await here.submit("c")
    await here.wait(20.0)
    await child.kill()
    await here._children[0].kill()
    here.endpoint.answer(WELL)
    await here.start()
    await here.start_sync()
    await here.wait(60.0)
    assert [here.ends(job_id) for job_id in "ab"] == [["completed"]] * 2
    assert here.row("c")["status"] == "queued"


async def test_a_crash_in_the_middle_of_a_transcript_costs_its_chunks_again(
    here: Synced,
) -> None:
    await here.submit("a", Script(tuple(Passage((f"w{n}",)) for n in range(450))))
    await here.work_off()
    here.endpoint.answer(WELL, Answer(takes=4.0), WELL)
    child = await here.start_sync()
    await here.wait(2.0)
    await child.kill()
    await here.start_sync()
    await here.wait(60.0)
    assert here.endpoint.rows.text("a") == " ".join(f"w{n}" for n in range(450))
    assert here.ends("a") == ["completed"]
