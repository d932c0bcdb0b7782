"""How jobs get into a Convex database, whatever goes wrong on the way, in virtual time."""

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


async def test_a_job_is_followed_from_its_first_event_to_its_transcript(here: Synced) -> None:
    await here.start_sync()
    await here.wait(SOON)
    await here.submit("a")
    await here.wait(SOON)
    assert (here.row("a")["status"], here.row("a")["version"]) == ("queued", 1)
    order = await here.order()
    await here.wait(SOON)
    assert (here.row("a")["status"], here.row("a")["stage"]) == ("processing", "preparing")
    await here.ask_for(0, here.outcome(order))
    await here.work_off()
    await here.wait(SOON)
    job = await here.job("a")
    assert (here.row("a")["status"], here.row("a")["version"]) == ("completed", job.seq)
    assert here.row("a")["progress"] == 100
    assert here.endpoint.rows.text("a") == "a-0 a-1"
    assert here.ends("a") == ["completed"]
    assert here.endpoint.most_of_one_job == 1


async def test_progress_between_events_is_sent_once_a_second_at_most(here: Synced) -> None:
    await here.start_sync()
    await here.submit("a", recording("a", chunks=1))
    order = await here.order()
    await here.ask_for(1, here.outcome(order))
    await here.wait(1.5)
    before, seq = len(here.endpoint.of("a")), (await here.job("a")).seq
    for step in range(45):
        here.broadcaster.tell(Broadcaster.progress, "a", 1, step / 10)
        await here.wait(0.1)
    sent = here.endpoint.of("a")[before:]
    assert 3 <= len(sent) <= 6
    progress = [each["progress"] for each in sent]
    assert progress == sorted(set(progress))
    assert {each["version"] for each in sent} == {seq}


async def test_many_events_of_a_job_make_few_updates(here: Synced) -> None:
    await here.start_sync()
    await here.wait(SOON)
    await here.submit("a", recording("a", chunks=60))
    await here.work_off()
    await here.wait(SOON)
    assert (await here.job("a")).seq > 60
    assert len(here.endpoint.of("a")) <= 4
    assert here.ends("a") == ["completed"]


async def test_the_user_of_a_job_is_in_its_row(here: Synced) -> None:
    await here.start_sync()
    await here.submit("a", user_id="https://auth|ana")
    await here.wait(SOON)
    assert here.row("a")["userId"] == "https://auth|ana"


async def test_a_failed_and_a_cancelled_job_end_in_their_rows(here: Synced) -> None:
    await here.start_sync()
    await here.fail("a")
    await here.submit("b")
    await here.manager.ask(JobManager.cancel, "b")
    await here.wait(SOON)
    assert (here.row("a")["status"], here.row("a")["error"]["code"]) == ("failed", "corrupt_media")
    assert here.row("b")["status"] == "cancelled"
    assert here.row("b")["timestamps"]["completedAt"] is not None


async def test_a_long_transcript_goes_in_chunks_and_then_ends(here: Synced) -> None:
    await here.start_sync()
    await here.submit("a", Script(tuple(Passage((f"w{n}",)) for n in range(450))))
    await here.work_off()
    await here.wait(30.0)
    posted = [each for each in here.endpoint.of("a") if each["status"] == "completed"]
    assert [each.get("chunk", {}).get("index") for each in posted] == [0, 1, 2, None]
    assert here.endpoint.rows.text("a") == " ".join(f"w{n}" for n in range(450))
    assert len(here.endpoint.rows.segments("a")) == 450


async def test_a_text_without_times_that_is_long_goes_in_chunks_as_well(here: Synced) -> None:
    await here.start_sync()
    word = "larga" * 20_000
    script = Script(tuple(Passage((f"{word}{n}",)) for n in range(8)))
    assert len(script.text) > CONVEX_BODY_BYTES
    await here.submit("a", script, options=Options(timestamps=False))
    await here.work_off()
    await here.wait(30.0)
    assert here.endpoint.rows.text("a") == script.text
    assert here.endpoint.rows.segments("a") == []


async def test_a_job_is_sent_again_on_request_as_it_is(here: Synced) -> None:
    await here.start_sync()
    await here.finish("a")
    await here.submit("b")
    await here.wait(SOON)
    here.endpoint.rows.jobs.clear()
    here.endpoint.rows.ends.clear()
    for job_id in "ab":
        await here.manager.ask(JobManager.resync, job_id)
    await here.wait(SOON)
    assert (here.row("a")["status"], here.endpoint.rows.text("a")) == ("completed", "a-0 a-1")
    assert here.row("b")["status"] == "queued"


async def test_a_request_to_send_again_frees_a_parked_job(here: Synced) -> None:
    here.endpoint.answer(REFUSED)
    await here.start_sync()
    await here.fail("a")
    await here.wait(SOON)
    await here.manager.ask(JobManager.retry, "a")
    await here.work_off()
    await here.wait(SOON)
    here.endpoint.answer(WELL)
    await here.manager.ask(JobManager.resync, "a")
    await here.wait(10.0)
    assert here.ends("a") == ["failed", "completed"]


async def test_jobs_of_others_are_not_sent_again(here: Synced) -> None:
    await here.submit("a", owner="ana")
    with pytest.raises(JobNotFound):
        await here.manager.ask(JobManager.resync, "a", "ben")


async def test_without_a_database_nothing_is_kept_for_it(service: Service) -> None:
    await service.submit("a")
    await service.work_off()
    assert not await service.manager.ask(JobManager.owes, "a", "convex")
    with pytest.raises(ConvexNotSetUp):
        await service.manager.ask(JobManager.resync, "a")
    with pytest.raises(ConvexNotSetUp):
        await service.manager.ask(JobManager.retry_parked)


async def test_the_key_is_in_no_line_of_the_log(here: Synced, log: list[str]) -> None:
    here.endpoint.answer(DOWN, Answer(error=RuntimeError("a bug")), REFUSED)
    await here.start_sync()
    await here.finish("a", "b")
    await here.wait(60.0)
    assert log
    assert not any(KEY in line for line in log)
    assert KEY not in repr(settings(here.endpoint))


async def test_the_log_says_how_each_end_went_and_how_long_it_took(
    here: Synced, log: list[str]
) -> None:
    here.endpoint.answer(Answer(takes=0.5), WELL)
    await here.finish("a")
    await here.start_sync()
    await here.wait(SOON)
    (line,) = [line for line in log if "completed (event" in line]
    assert "stored" in line
    assert "'job': 'a'" in line
    assert "'seconds': 0.5" in line


async def test_a_convex_that_hangs_slows_no_job(here: Synced) -> None:
    here.endpoint.answer(Answer(takes=1e6))
    await here.start_sync()
    before = here.clock.monotonic()
    for number in range(50):
        await here.finish(f"job-{number}")
    assert here.clock.monotonic() == before
    await here.wait(CONVEX_FAILURES * 60.0)
    assert not (await here.state()).reachable
