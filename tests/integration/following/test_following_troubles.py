"""Following a job while those who spread the news come and go, and from engine to follower."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import pairwise

import pytest

from actors.broadcasting import broadcaster as broadcaster_module
from actors.broadcasting import subscriptions
from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Follower, Hub
from actors.limits import TICKET_SECONDS
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER
from actors.runtime.api import Recipe, Spawn
from retender.errors import Busy, EngineFailed
from retender.jobs.events import Event, TransientProgress
from retender.jobs.states import Status
from retender.workers.orders import Failed
from tests.support.actors.manager_service import recording
from tests.support.actors.scripted_service import Works
from tests.support.actors.virtual_time import VirtualClock


class Newsroom(Works):
    """A service with processes that follow; its broadcaster comes when the test says."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.hub = Hub(self.broadcaster)
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        await self.start()

    async def start_broadcaster(self) -> None:
        await self.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster)))

    def read(self, hub: Hub) -> None:
        self.tasks.append(asyncio.create_task(hub.run()))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.stop()

    async def latest(self, job_id: str) -> TransientProgress | None:
        return await self.broadcaster.ask(Broadcaster.latest, job_id)

    async def prepare(self, job_id: str, chunks: int) -> None:
        await self.submit(job_id, recording(job_id, chunks))
        await self.ask_for(0, self.outcome(await self.order()))

    async def hear(self, job_id: str, piece: int, seconds: float) -> None:
        self.broadcaster.tell(Broadcaster.progress, job_id, piece, seconds)
        await self.wait(0.1)


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Newsroom]:
    service = Newsroom(virtual_clock)
    await service.open()
    service.read(service.hub)
    yield service
    await service.close()


async def seen(follower: Follower, seconds: float = 5.0) -> list[Event | TransientProgress]:
    """All that comes for a while."""
    news: list[Event | TransientProgress] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for each in follower:
                news.append(each)  # noqa: PERF401 - what came before the timeout counts
    return news


def numbers(news: list[Event | TransientProgress]) -> list[int]:
    return [each.seq for each in news if isinstance(each, Event)]


# Who comes late, who goes away


async def test_followers_that_come_before_the_broadcaster_miss_nothing(service: Newsroom) -> None:
    await service.submit("one")
    async with service.hub.follow("one") as follower:
        assert await seen(follower) == []
        await service.start_broadcaster()
        await service.wait(1.0)
        await service.work_off()
        job = await service.job("one")
        assert numbers(await seen(follower)) == list(range(1, job.seq + 1))


async def test_followers_that_come_while_the_manager_is_away_miss_nothing(
    service: Newsroom,
) -> None:
    await service.submit("one")
    await service.start_broadcaster()
    await service.wait(1.0)
    await service._children[0].kill()
    async with service.hub.follow("one") as follower:
        assert await seen(follower) == []
        await service.start()
        assert numbers(await seen(follower, 30.0)) == [1], "though nothing more has happened"


async def test_what_happens_long_after_a_restart_of_the_broadcaster_is_seen(
    service: Newsroom,
) -> None:
    await service.start_broadcaster()
    await service.submit("one")
    async with service.hub.follow("one") as follower:
        before = await seen(follower)
        await service._children[1].kill()
        await service.start_broadcaster()
        await service.wait(60.0)
        await service.work_off()
        job = await service.job("one")
        assert numbers(before + await seen(follower)) == list(range(1, job.seq + 1))


async def test_when_nothing_can_wait_for_a_process_it_replays_everything(
    service: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "EVENTS_WAITING", 0)
    await service.start_broadcaster()
    await service.submit("one")
    async with service.hub.follow("one") as follower:
        before = await seen(follower)
        await service.work_off()
        job = await service.job("one")
        assert numbers(before + await seen(follower)) == list(range(1, job.seq + 1))


async def test_processes_that_follow_each_get_everything_once(service: Newsroom) -> None:
    hubs = [Hub(service.broadcaster) for _ in range(5)]
    for hub in hubs:
        service.read(hub)
    await service.start_broadcaster()
    await service.submit("one")

    async def follow(hub: Hub) -> list[int]:
        async with hub.follow("one") as follower:
            return numbers(await seen(follower, 20.0))

    following = [asyncio.create_task(follow(hub)) for hub in hubs]
    await service.wait(5.0)
    await service.work_off()
    job = await service.job("one")
    for each in following:
        assert await each == list(range(1, job.seq + 1))


async def test_a_follower_of_nothing_waits_in_peace(service: Newsroom) -> None:
    await service.start_broadcaster()
    async with service.hub.follow("no such job") as follower:
        assert await seen(follower, 60.0) == []


async def test_who_follows_on_sees_the_retry(service: Newsroom) -> None:
    await service.start_broadcaster()
    await service.submit("one", recording("one", 1))
    async with service.hub.follow("one") as follower:
        while not (await service.job("one")).finished:
            for order in (await service.ask_for(1)).orders:
                await service.ask_for(0, Failed(order.token, EngineFailed("bad luck").failure()))
            await service.wait(1.0)
        first = await seen(follower)
        await service.manager.ask(JobManager.retry, "one")
        await service.work_off()
        second = await seen(follower)
    assert isinstance(first[-1], Event)
    assert (first[-1].status, first[-1].last) == (Status.FAILED, True)
    last = second[-1]
    assert isinstance(last, Event)
    assert last.status is Status.COMPLETED
    assert numbers(first + second) == list(range(1, last.seq + 1))


async def test_a_job_that_was_dropped_from_memory_is_read_from_the_journal(
    service: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster_module, "TRACKED_JOBS", 1)
    await service.start_broadcaster()
    await service.wait(1.0)
    await service.submit("one")
    await service.submit("two")
    async with service.hub.follow("one") as follower:
        assert numbers(await seen(follower)) == [1]


# Passing progress


async def test_before_the_plan_and_after_the_end_nothing_passes(service: Newsroom) -> None:
    await service.start_broadcaster()
    await service.wait(1.0)
    await service.submit("one")
    await service.hear("one", 0, 5.0)
    assert await service.latest("one") is None
    await service.work_off()
    await service.hear("one", 1, 5.0)
    assert await service.latest("one") is None
    assert await service.latest("unknown") is None


async def test_a_new_life_of_the_broadcaster_counts_from_what_is_written_down(
    service: Newsroom,
) -> None:
    await service.prepare("one", 4)
    await service.ask_for(0, service.outcome(await service.order()))
    await service.start_broadcaster()
    await service.wait(1.0)
    await service.hear("one", 2, 5.0)
    latest = await service.latest("one")
    assert latest is not None
    assert latest.progress == pytest.approx(37.5)


async def test_a_chunk_that_is_done_is_not_counted_twice(service: Newsroom) -> None:
    await service.start_broadcaster()
    await service.wait(1.0)
    await service.prepare("one", 4)
    order = await service.order()
    await service.hear("one", order.index, 9.0)
    await service.ask_for(0, service.outcome(order))
    await service.wait(0.1)
    await service.hear("one", 2, 1.0)
    latest = await service.latest("one")
    assert latest is not None
    assert latest.progress == pytest.approx(27.5)


async def test_the_time_left_is_told_once_the_pace_is_known(service: Newsroom) -> None:
    await service.start_broadcaster()
    await service.wait(1.0)
    await service.prepare("one", 20)
    told: list[float | None] = []
    for piece in range(1, 11):
        for seconds in (5.0, 10.0):
            await service.wait(1.0)
            await service.hear("one", piece, seconds)
            latest = await service.latest("one")
            assert latest is not None
            told.append(latest.estimated_time_remaining)
    assert told[0] is None
    assert told[-1] == pytest.approx(100.0 * 1.1 / 5.0, rel=0.2)


async def test_from_engine_to_follower_progress_comes_often_and_never_goes_back(
    service: Newsroom,
) -> None:
    await service.start_broadcaster()
    await service.transcriber(lanes=3)
    async with service.hub.follow("one") as follower:
        await service.submit("one", recording("one", 24))
        news = await seen(follower, 120.0)
    shown = [each.progress for each in news]
    assert shown[-1] == 100.0
    assert all(before <= after <= before + 5.0 for before, after in pairwise(shown))
    assert max(each.progress for each in news if isinstance(each, TransientProgress)) < 100.0


async def test_more_tickets_than_can_be_remembered_wait_until_some_are_out_of_date(
    service: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster_module, "TICKETS_REMEMBERED", 1)
    await service.start_broadcaster()
    await service.wait(1.0)
    until = service.clock.now() + TICKET_SECONDS
    assert await service.broadcaster.ask(Broadcaster.first_use, "one", until)
    with pytest.raises(Busy):
        await service.broadcaster.ask(Broadcaster.first_use, "other", until)
    await service.wait(TICKET_SECONDS)
    assert await service.broadcaster.ask(Broadcaster.first_use, "other", until + TICKET_SECONDS)
