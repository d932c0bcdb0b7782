"""The followers of jobs in one process, behind a single subscription at the Broadcaster.

Not an actor: it lives in whatever process serves clients, and holds nothing but who follows what.
A follower gets each numbered event once and in order, whatever restarts, gets lost or comes twice
on the way; of passing progress it gets the latest, and never less than it has been shown.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.subscriptions import EventBatch
from actors.limits import FOLLOWER_BACKLOG
from actors.runtime.api import Ref
from retender.errors import RetenderError
from retender.jobs.events import Event, TransientProgress

News = Event | TransientProgress

PATIENCE = 10.0
TRY_AGAIN = 0.2


class TooSlow(Exception):
    """The follower did not read for so long that its backlog is full. It comes back by number."""


class Follower:
    """An iterator over one job's news. It goes on after the end: a failed job may be retried."""

    __slots__ = (
        "_ask_on",
        "_asleep",
        "_cut_off",
        "_events",
        "_held_back",
        "_passing",
        "_shown",
        "job_id",
        "seq",
    )

    def __init__(
        self,
        job_id: str,
        since: int,
        shown: float = 0.0,
        ask_on: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.job_id = job_id
        self.seq = since
        self._events: deque[Event] = deque()
        self._passing: TransientProgress | None = None
        self._shown = shown
        self._asleep: asyncio.Future[None] | None = None
        self._cut_off = False
        self._held_back = False
        self._ask_on = ask_on

    def __aiter__(self) -> Follower:
        return self

    async def __anext__(self) -> News:
        while (news := self.take()) is None:
            await self.stirred()
        return news

    def take(self) -> News | None:
        """What is next, if there is anything yet."""
        if self._cut_off:
            raise TooSlow(self.job_id)
        if self._held_back and len(self._events) <= FOLLOWER_BACKLOG // 2:
            self._held_back = False
            self._ask_on(self.job_id)
        if self._events:
            return self._events.popleft()
        news, self._passing = self._passing, None
        return news

    async def stirred(self) -> None:
        """Until something comes, or someone stirs: for who waits for other things as well."""
        self._asleep = asyncio.get_running_loop().create_future()
        await self._asleep

    def stir(self) -> None:
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    @property
    def reading(self) -> bool:
        return not self._cut_off

    @property
    def has_room(self) -> bool:
        return len(self._events) < FOLLOWER_BACKLOG

    def hold_back(self) -> None:
        """What has long happened waits until there is room for it again."""
        self._held_back = True

    def give(self, event: Event) -> bool:
        """False when events before this one are missing."""
        if event.seq <= self.seq or self._cut_off:
            return True
        if event.seq > self.seq + 1:
            return False
        if not self.has_room:
            self._cut_off = True
            self._events.clear()
        else:
            self.seq = event.seq
            if event.progress < self._shown:
                # What was under way is to be done again: that is no news for who watches.
                event = msgspec.structs.replace(event, progress=self._shown)
            self._events.append(event)
            self._shown = event.progress
            self._passing = None
        self.stir()
        return True

    def show(self, news: TransientProgress) -> None:
        if news.progress >= self._shown:
            self._shown = news.progress
            self._passing = news
            self.stir()


class Hub:
    def __init__(self, broadcaster: Ref[Broadcaster]) -> None:
        self._broadcaster = broadcaster
        self._followers: dict[str, dict[Follower, None]] = {}
        self._subscription: str | None = None
        self._received = 0
        self._behind: dict[str, None] = {}
        self._anything_behind = asyncio.Event()
        self._followed: set[str] = set()

    @asynccontextmanager
    async def follow(
        self, job_id: str, since: int = 0, shown: float = 0.0
    ) -> AsyncIterator[Follower]:
        """The job's events numbered above `since`, then whatever comes. `shown` is the progress
        that whoever follows has been shown already."""
        follower = Follower(job_id, since, shown, self._behind_with)
        self._followers.setdefault(job_id, {})[follower] = None
        self._behind_with(job_id)
        try:
            yield follower
        finally:
            followers = self._followers[job_id]
            del followers[follower]
            if not followers:
                del self._followers[job_id]
                self._unfollow(job_id)

    def _unfollow(self, job_id: str) -> None:
        self._followed.discard(job_id)
        if self._subscription is not None:
            self._broadcaster.tell(Broadcaster.unfollow, self._subscription, (job_id,))

    async def run(self) -> None:
        """Read the news for as long as the process serves. Run again after a bug, it follows all
        anew, and misses nothing."""
        self._subscription = None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read())
            group.create_task(self._catch_up())

    async def _read(self) -> None:
        while True:
            try:
                if self._subscription is None:
                    await self._subscribe()
                self._hand_out(await self._next())
            except RetenderError:
                self._subscription = None
                await asyncio.sleep(TRY_AGAIN)

    async def _subscribe(self) -> None:
        """A new subscription: all is followed anew, and what was missed without one replayed."""
        self._subscription = await self._broadcaster.ask(Broadcaster.subscribe)
        self._received = 0
        self._followed.clear()
        self._behind_with(*self._followers)

    async def _next(self) -> EventBatch:
        assert self._subscription is not None
        broadcaster = self._broadcaster.within(PATIENCE + 5.0)
        return await broadcaster.ask(Broadcaster.next, self._subscription, self._received, PATIENCE)

    def _hand_out(self, batch: EventBatch) -> None:
        self._received = batch.number
        for event in batch.events:
            self._give(event)
        for news in batch.passing:
            for follower in self._followers.get(news.job_id, ()):
                follower.show(news)
        if batch.missed:
            self._behind_with(*self._followers)

    def _give(self, event: Event) -> None:
        followers = self._followers.get(event.job_id)
        if followers is None:
            self._unfollow(event.job_id)
            return
        for follower in followers:
            if not follower.give(event):
                self._behind_with(event.job_id)

    def _behind_with(self, *job_ids: str) -> None:
        self._behind.update(dict.fromkeys(job_ids))
        self._anything_behind.set()

    async def _catch_up(self) -> None:
        """See to it that every job is followed, and that nothing before that is missing."""
        while True:
            await self._anything_behind.wait()
            self._anything_behind.clear()
            behind, self._behind = self._behind, {}
            jobs = [job_id for job_id in behind if job_id in self._followers]
            try:
                await self._follow_all(jobs)
                while jobs:
                    await self._replay(jobs[0])
                    del jobs[0]
            except RetenderError:
                await asyncio.sleep(TRY_AGAIN)
                self._behind_with(*jobs)

    async def _follow_all(self, jobs: list[str]) -> None:
        new = tuple(job_id for job_id in jobs if job_id not in self._followed)
        if not new or self._subscription is None:
            return
        # Noted before the answer: who stops following meanwhile, strikes it out again.
        self._followed.update(new)
        try:
            await self._broadcaster.ask(Broadcaster.follow, self._subscription, new)
        except RetenderError:
            self._followed.difference_update(new)
            raise

    async def _replay(self, job_id: str) -> None:
        """From where the last of its followers is, until nothing more comes."""
        while reading := self._with_room(job_id):
            since = min(follower.seq for follower in reading)
            events = await self._broadcaster.ask(Broadcaster.replay, job_id, since)
            for event in events:
                for follower in reading:
                    if follower.has_room:
                        follower.give(event)
            if not events:
                return

    def _with_room(self, job_id: str) -> list[Follower]:
        """A replay is as fast as its readers are: it cuts nobody off."""
        reading = [each for each in self._followers.get(job_id, ()) if each.reading]
        for follower in reading:
            if not follower.has_room:
                follower.hold_back()
        return [each for each in reading if each.has_room]
