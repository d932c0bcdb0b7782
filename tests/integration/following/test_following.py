"""From the journal to the follower: Broadcaster and Hub, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from actors.broadcasting import hub as hub_module
from actors.broadcasting import subscriptions
from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Follower, Hub, TooSlow
from actors.limits import SUBSCRIPTION_SECONDS, TICKET_SECONDS
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER
from actors.runtime.api import Child, Recipe, Spawn
from retender.errors import Busy, NotSubscribed
from retender.jobs.events import Event, TransientProgress
from tests.support.actors.manager_service import Service, recording
from tests.support.actors.virtual_time import VirtualClock


class Followed(Service):
    """A service with a Broadcaster, and one process that follows."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, ManagerSettings())
        self.hub = Hub(self.broadcaster)
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        await self.start()
        await self.start_broadcaster()
        self.task(self.hub.run())
        await self.wait(1.0)

    async def start_broadcaster(self) -> Child:
        return await self.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster)))

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.stop()


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Followed]:
    service = Followed(virtual_clock)
    await service.open()
    yield service
    await service.close()


async def read(follower: Follower, seconds: float = 2.0) -> list[Event | TransientProgress]:
    """All that comes for a while."""
    seen: list[Event | TransientProgress] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                seen.append(await anext(follower))
    return seen


def numbers(seen: list[Event | TransientProgress]) -> list[int]:
    return [news.seq for news in seen if isinstance(news, Event)]


def shown(seen: list[Event | TransientProgress]) -> list[float]:
    return [round(news.progress, 1) for news in seen]


async def test_a_follower_sees_what_was_and_then_what_comes(service: Followed) -> None:
    await service.submit("one")
    async with service.hub.follow("one") as follower:
        assert numbers(await read(follower)) == [1]
        await service.work_off()
        assert (
            numbers(await read(follower))
            == [2, 3, 4, 5, 6, 7][: (await service.job("one")).seq - 1]
        )


async def test_a_follower_that_comes_back_with_its_number_misses_nothing(service: Followed) -> None:
    await service.submit("one")
    async with service.hub.follow("one") as follower:
        last = numbers(await read(follower))[-1]
    await service.work_off()
    async with service.hub.follow("one", since=last) as follower:
        job = await service.job("one")
        assert numbers(await read(follower)) == list(range(last + 1, job.seq + 1))


async def test_passing_progress_adds_up_over_the_pieces_under_way(service: Followed) -> None:
    await service.submit("one", recording("one", 4))
    await service.ask_for(0, service.outcome(await service.order()))
    async with service.hub.follow("one") as follower:
        await read(follower)
        for piece, seconds in ((1, 5.0), (2, 5.0), (1, 8.0)):
            service.broadcaster.tell(Broadcaster.progress, "one", piece, seconds)
            await service.wait(0.1)
        seen = await read(follower)
    assert shown(seen)[-1] == 32.5
    assert all(isinstance(news, TransientProgress) for news in seen)


async def test_of_passing_progress_only_the_latest_counts(service: Followed) -> None:
    await service.submit("one", recording("one", 1))
    await service.ask_for(0, service.outcome(await service.order()))
    async with service.hub.follow("one") as follower:
        await read(follower)
        for seconds in range(1, 9):
            service.broadcaster.tell(Broadcaster.progress, "one", 1, float(seconds))
        assert shown(await read(follower)) == [80.0]


async def test_progress_is_not_a_hundred_before_the_end(service: Followed) -> None:
    await service.submit("one", recording("one", 1))
    await service.ask_for(0, service.outcome(await service.order()))
    await service.wait(0.1)
    service.broadcaster.tell(Broadcaster.progress, "one", 1, 10.0)
    await service.wait(0.1)
    latest = await service.broadcaster.ask(Broadcaster.latest, "one")
    assert latest is not None
    assert latest.progress == 99.0


async def test_progress_does_not_go_back_when_a_piece_is_done_again(service: Followed) -> None:
    await service.submit("one", recording("one", 2))
    await service.ask_for(0, service.outcome(await service.order()))
    async with service.hub.follow("one") as follower:
        await service.order()
        service.broadcaster.tell(Broadcaster.progress, "one", 1, 9.0)
        await service.wait(0.1)
        await service.manager.ask(JobManager.worker_down, "w", "gone")
        service.broadcaster.tell(Broadcaster.progress, "one", 1, 2.0)
        seen = shown(await read(follower))
    assert seen == sorted(seen)
    assert seen[-1] == 45.0


async def test_a_restarted_broadcaster_is_not_noticed(service: Followed) -> None:
    await service.submit("one", recording("one", 3))
    async with service.hub.follow("one") as follower:
        before = await read(follower)
        await service._children[1].kill()
        await service.ask_for(0, service.outcome(await service.order()))
        await service.start_broadcaster()
        await service.work_off()
        after = await read(follower, 30.0)
    job = await service.job("one")
    assert numbers(before + after) == list(range(1, job.seq + 1))


async def test_a_broadcaster_that_has_not_found_its_place_takes_no_subscription(
    virtual_clock: VirtualClock,
) -> None:
    service = Followed(virtual_clock)
    await service.start_broadcaster()
    with pytest.raises(Busy, match="not being read yet"):
        await service.broadcaster.ask(Broadcaster.subscribe)
    await service.stop()


async def test_a_subscription_that_is_not_used_ends(service: Followed) -> None:
    subscription = await service.broadcaster.ask(Broadcaster.subscribe)
    await service.wait(3 * SUBSCRIPTION_SECONDS)
    with pytest.raises(NotSubscribed):
        await service.broadcaster.ask(Broadcaster.next, subscription, 0, 1.0)


async def test_a_batch_that_got_lost_is_given_again(service: Followed) -> None:
    subscription = await service.broadcaster.ask(Broadcaster.subscribe)
    await service.broadcaster.ask(Broadcaster.follow, subscription, ("one",))
    await service.submit("one")
    first = await service.broadcaster.ask(Broadcaster.next, subscription, 0, 1.0)
    again = await service.broadcaster.ask(Broadcaster.next, subscription, 0, 1.0)
    assert [event.seq for event in first.events] == [1]
    assert again == first
    empty = await service.broadcaster.ask(Broadcaster.next, subscription, first.number, 1.0)
    assert empty.events == ()


async def test_a_subscriber_hears_of_what_it_follows_and_of_nothing_else(service: Followed) -> None:
    subscription = await service.broadcaster.ask(Broadcaster.subscribe)
    await service.broadcaster.ask(Broadcaster.follow, subscription, ("one", "two"))
    await service.broadcaster.ask(Broadcaster.unfollow, subscription, ("two",))
    for job_id in ("one", "two", "three"):
        await service.submit(job_id)
    await service.wait(0.1)
    batch = await service.broadcaster.ask(Broadcaster.next, subscription, 0, 1.0)
    assert {event.job_id for event in batch.events} == {"one"}


async def test_more_news_than_can_wait_is_replayed(
    service: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "EVENTS_WAITING", 2)
    await service.submit("one", recording("one", 6))
    async with service.hub.follow("one") as follower:
        await service.work_off()
        seen = numbers(await read(follower))
    assert seen == list(range(1, (await service.job("one")).seq + 1))


async def test_a_follower_that_does_not_read_is_cut_off_and_comes_back_by_number(
    service: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "FOLLOWER_BACKLOG", 3)
    await service.submit("one", recording("one", 6))
    async with service.hub.follow("one") as slow:
        first = await anext(slow)
        assert isinstance(first, Event)
        await service.work_off()
        await service.wait(1.0)
        with pytest.raises(TooSlow):
            await anext(slow)
    monkeypatch.setattr(hub_module, "FOLLOWER_BACKLOG", 100)
    async with service.hub.follow("one", since=first.seq) as back:
        seen = numbers(await read(back))
    assert seen == list(range(2, (await service.job("one")).seq + 1))


async def test_ten_thousand_followers_each_see_each_event_once(service: Followed) -> None:
    await service.submit("one", recording("one", 1))
    seen: list[list[int]] = []

    async def follow() -> None:
        async with service.hub.follow("one") as follower:
            seen.append(numbers(await read(follower, 10.0)))

    followers = [service.task(follow()) for _ in range(10_000)]
    await service.wait(1.0)
    await service.work_off()
    await asyncio.wait(followers)
    job = await service.job("one")
    assert len(seen) == 10_000
    assert all(each == list(range(1, job.seq + 1)) for each in seen)


async def test_who_leaves_is_forgotten(service: Followed) -> None:
    await service.submit("one")
    for _ in range(3):
        async with service.hub.follow("one") as follower:
            await read(follower)
    assert service.hub._followers == {}
    assert service.hub._followed == set()


async def test_a_ticket_is_good_once_whichever_process_it_comes_to(service: Followed) -> None:
    until = service.clock.now() + TICKET_SECONDS
    assert await service.broadcaster.ask(Broadcaster.first_use, "one", until)
    assert not await service.broadcaster.ask(Broadcaster.first_use, "one", until)
    assert await service.broadcaster.ask(Broadcaster.first_use, "other", until)
