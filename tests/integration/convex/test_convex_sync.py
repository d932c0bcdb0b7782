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

HOUR = 3600.0
SOON = 2.5
DOWN = Answer(error=httpx.ConnectError("refused"))
REFUSED = Answer(401, body=b'{"error": {"code": "unauthorized", "message": "not the key"}}')
WELL = Answer()


class Synced(Service):
    """A service whose jobs are synced once the test starts that."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, replace(SETTINGS, convex=True, max_queue=1000))
        self.endpoint = ConvexEndpoint(clock)
        self.sync = self.runtime.ref(ConvexSync, CONVEX_SYNC)

    async def start_sync(self) -> Child:
        recipe = Recipe.of(ConvexSync, settings=settings(self.endpoint))
        return await self.spawn(Spawn(CONVEX_SYNC, recipe))

    def row(self, job_id: str) -> Payload:
        return self.endpoint.rows.jobs[job_id]

    def ends(self, job_id: str) -> list[str]:
        assert not self.endpoint.rows.refused_ends[job_id], "an end was overtaken"
        return [status for status, _ in self.endpoint.rows.ends[job_id]]

    async def state(self) -> ConvexStatus:
        """What waits in the outbox is looked at every few seconds."""
        await self.wait(6.0)
        return await self.sync.ask(ConvexSync.status)

    async def finish(self, *job_ids: str) -> None:
        for job_id in job_ids:
            await self.submit(job_id)
        await self.work_off()

    async def fail(self, job_id: str) -> None:
        await self.submit(job_id)
        order = await self.order()
        await self.ask_for(0, Failed(order.token, CorruptMedia("broken").failure()))


@pytest.fixture
async def here(virtual_clock: VirtualClock) -> AsyncIterator[Synced]:
    service = Synced(virtual_clock)
    await service.start()
    await service.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster)))
    yield service
    await service.stop()


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE", format="{message} {extra} {exception}")
    yield lines
    logger.remove(sink)


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
