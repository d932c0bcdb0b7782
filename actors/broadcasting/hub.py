"""All followers of jobs in one process, behind one subscription at the Broadcaster.

Not an actor: it runs in each process that serves clients, and only knows who follows what. A
follower gets each numbered event once and in order, even if actors restart or messages are lost or
doubled. Of transient progress it gets the latest, and progress never goes back.
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

Update = Event | TransientProgress

POLL_SECONDS = 10.0
RETRY_SECONDS = 0.2


class TooSlow(Exception):
    """The follower read too slowly and its backlog is full. It can come back by number."""


class Follower:
    """An iterator over the updates of one job. It continues after the end of the job, because a
    failed job may be retried."""

    __slots__ = (
        "_cut_off",
        "_events",
        "_paused",
        "_progress",
        "_resume",
        "_shown",
        "_waiting",
        "job_id",
        "seq",
    )

    def __init__(
        self,
        job_id: str,
        since: int,
        shown: float = 0.0,
        resume: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.job_id = job_id
        self.seq = since
        self._events: deque[Event] = deque()
        self._progress: TransientProgress | None = None
        self._shown = shown
        self._waiting: asyncio.Future[None] | None = None
        self._cut_off = False
        self._paused = False
        self._resume = resume

    def __aiter__(self) -> Follower:
        return self

    async def __anext__(self) -> Update:
        while (update := self.take()) is None:
            await self.wait()
        return update

    def take(self) -> Update | None:
        """The next update; None if there is none yet."""
        if self._cut_off:
            raise TooSlow(self.job_id)
        if self._paused and len(self._events) <= FOLLOWER_BACKLOG // 2:
            self._paused = False
            self._resume(self.job_id)
        if self._events:
            return self._events.popleft()
        update, self._progress = self._progress, None
        return update

    async def wait(self) -> None:
        """Return when there is an update, or when `wake` is called."""
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    @property
    def reading(self) -> bool:
        return not self._cut_off

    @property
    def has_capacity(self) -> bool:
        return len(self._events) < FOLLOWER_BACKLOG

    def pause(self) -> None:
        """Stop replaying to this follower until its backlog has capacity again."""
        self._paused = True

    def add_event(self, event: Event) -> bool:
        """Queue an event. False if events before it are missing."""
        if event.seq <= self.seq or self._cut_off:
            return True
        if event.seq > self.seq + 1:
            return False
        if not self.has_capacity:
            self._cut_off = True
            self._events.clear()
        else:
            self.seq = event.seq
            if event.progress < self._shown:
                # Work is done again after a failure: shown progress does not go back.
                event = msgspec.structs.replace(event, progress=self._shown)
            self._events.append(event)
            self._shown = event.progress
            self._progress = None
        self.wake()
        return True

    def add_progress(self, update: TransientProgress) -> None:
        if update.progress >= self._shown:
            self._shown = update.progress
            self._progress = update
            self.wake()


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
        """The job's events numbered above `since`, then all updates. `shown`: the progress that the
        client has seen already."""
        follower = Follower(job_id, since, shown, self._mark_behind)
        self._followers.setdefault(job_id, {})[follower] = None
        self._mark_behind(job_id)
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
        """Receive updates for as long as the process serves. Can be run again after a failure: all
        jobs are followed again, and no event is missed."""
        self._subscription = None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read())
            group.create_task(self._catch_up())

    async def _read(self) -> None:
        while True:
            try:
                if self._subscription is None:
                    await self._subscribe()
                self._take_batch(await self._next())
            except RetenderError:
                self._subscription = None
                await asyncio.sleep(RETRY_SECONDS)

    async def _subscribe(self) -> None:
        """Subscribe; follow all jobs again, and replay what was missed."""
        self._subscription = await self._broadcaster.ask(Broadcaster.subscribe)
        self._received = 0
        self._followed.clear()
        self._mark_behind(*self._followers)

    async def _next(self) -> EventBatch:
        assert self._subscription is not None
        broadcaster = self._broadcaster.within(POLL_SECONDS + 5.0)
        return await broadcaster.ask(
            Broadcaster.next, self._subscription, self._received, POLL_SECONDS
        )

    def _take_batch(self, batch: EventBatch) -> None:
        self._received = batch.number
        for event in batch.events:
            self._add_event(event)
        for update in batch.progress:
            for follower in self._followers.get(update.job_id, ()):
                follower.add_progress(update)
        if batch.missed:
            self._mark_behind(*self._followers)

    def _add_event(self, event: Event) -> None:
        followers = self._followers.get(event.job_id)
        if followers is None:
            self._unfollow(event.job_id)
            return
        for follower in followers:
            if not follower.add_event(event):
                self._mark_behind(event.job_id)

    def _mark_behind(self, *job_ids: str) -> None:
        self._behind.update(dict.fromkeys(job_ids))
        self._anything_behind.set()

    async def _catch_up(self) -> None:
        """Follow new jobs, and replay events that followers miss."""
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
                await asyncio.sleep(RETRY_SECONDS)
                self._mark_behind(*jobs)

    async def _follow_all(self, jobs: list[str]) -> None:
        new = tuple(job_id for job_id in jobs if job_id not in self._followed)
        if not new or self._subscription is None:
            return
        # Noted before the answer, so that `_unfollow` in the meantime removes it.
        self._followed.update(new)
        try:
            await self._broadcaster.ask(Broadcaster.follow, self._subscription, new)
        except RetenderError:
            self._followed.difference_update(new)
            raise

    async def _replay(self, job_id: str) -> None:
        """Replay from the number of the follower that is furthest behind."""
        while reading := self._with_capacity(job_id):
            since = min(follower.seq for follower in reading)
            events = await self._broadcaster.ask(Broadcaster.replay, job_id, since)
            for event in events:
                for follower in reading:
                    if follower.has_capacity:
                        follower.add_event(event)
            if not events:
                return

    def _with_capacity(self, job_id: str) -> list[Follower]:
        """Followers that can take events; the others get the rest when they have capacity."""
        reading = [each for each in self._followers.get(job_id, ()) if each.reading]
        for follower in reading:
            if not follower.has_capacity:
                follower.pause()
        return [each for each in reading if each.has_capacity]
