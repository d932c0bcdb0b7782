"""Spreads the news: numbered events in order, and of passing progress only the latest.

Receives: pages of the log from the JobManager, which it asks for; passing progress from the
    Transcribers; `subscribe`, `follow`, `next`, `replay` from each process that has followers, and
    `first_use` for the ticket a follower comes with.
Sends: nothing unasked. A subscriber waits here for its next batch.
A crash: it holds nothing that cannot be had again. Subscribers subscribe anew and replay by
    number; progress goes on from what is committed. A ticket could be used once more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from loguru import logger

from actors.broadcasting.progress import Track
from actors.broadcasting.single_use import SingleUse
from actors.broadcasting.subscriptions import EventBatch, Readership, Subscriber
from actors.limits import (
    LOG_POLL_SECONDS,
    SUBSCRIPTION_SECONDS,
    TICKET_SECONDS,
    TICKETS_REMEMBERED,
    TRACKED_JOBS,
)
from actors.long_poll import at_once
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Later
from retender.errors import Busy, NotSubscribed, RetenderError
from retender.jobs.events import Event, TransientProgress
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage
from retender.jobs.submission import LogPage

TRY_AGAIN = 0.2


class Broadcaster:
    def __init__(self) -> None:
        self._position: int | None = None
        self._tracks: OrderedDict[str, Track] = OrderedDict()
        self._subscribers: dict[str, Subscriber] = {}
        self._followers: dict[str, dict[str, None]] = {}
        self._named = 0
        self._tickets = SingleUse(TICKETS_REMEMBERED)

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        ctx.after(0, Broadcaster.read_on)
        ctx.after(SUBSCRIPTION_SECONDS, Broadcaster.drop_expired)

    # The log

    async def read_on(self) -> None:
        """Ask for the next page of the log; it comes as a message."""
        manager = self._manager.within(LOG_POLL_SECONDS + 5.0)
        page = manager.ask(JobManager.log, self._position, LOG_POLL_SECONDS)
        self._ctx.pipe(page, Broadcaster.take_in, Broadcaster.try_again)

    async def take_in(self, page: LogPage) -> None:
        if self._position is None:
            await self.ask_at_work()
        for event in page.events:
            self._spread(event)
        self._position = page.position
        await self.read_on()

    async def ask_at_work(self) -> None:
        """What was under way before this life began."""
        jobs = self._manager.ask(JobManager.at_work)
        self._ctx.pipe(jobs, Broadcaster.catch_up, Broadcaster.catch_up_later)

    async def catch_up(self, jobs: tuple[Job, ...]) -> None:
        for job in jobs:
            self._track(job.id).begin(job)

    async def catch_up_later(self, error: RetenderError) -> None:
        logger.debug("what is under way is not known: {}", error.message)
        self._ctx.after(TRY_AGAIN, Broadcaster.ask_at_work)

    async def try_again(self, error: RetenderError) -> None:
        logger.debug("the log cannot be read now: {}", error.message)
        self._ctx.after(TRY_AGAIN, Broadcaster.read_on)

    def _spread(self, event: Event) -> None:
        self._track(event.job_id).add(event)
        for subscriber in self._following(event.job_id):
            subscriber.add_event(event)

    # Passing progress

    async def progress(
        self,
        job_id: str,
        piece: int,
        seconds: float,
        stage: Stage | None = None,
        note: Note | None = None,
    ) -> None:
        """So many seconds of a piece are done, though not yet written down; or it waits, and this
        is the stage it is in and what is to be said of it."""
        track = self._track(job_id)
        wait = None if stage is None or note is None else (stage, note)
        news = track.under_way(piece, seconds, self._ctx.clock, wait)
        if news is not None:
            for subscriber in self._following(job_id):
                subscriber.add_passing(news)

    async def latest(self, job_id: str) -> TransientProgress | None:
        """How far the job is, for those who poll."""
        track = self._tracks.get(job_id)
        return None if track is None else track.latest

    # Subscribers

    async def subscribe(self) -> str:
        """A subscription lasts while its owner keeps asking for the next batch.

        What comes after its beginning is sent, and what was before can be replayed: so there is
        none until this life has found its place in the log.
        """
        if self._position is None:
            raise Busy("the log is not being read yet", retry_after=TRY_AGAIN)
        self._named += 1
        name = f"{self._ctx.random.getrandbits(64):016x}.{self._named}"
        self._subscribers[name] = Subscriber(self._lease())
        return name

    async def first_use(self, ticket: str, until: float) -> bool:
        """Whether it has not been used yet, in whatever process."""
        if self._tickets.full(self._ctx.clock.now()):
            raise Busy("too many tickets are used at once", retry_after=TICKET_SECONDS)
        return self._tickets.first(ticket, until)

    async def follow(self, subscription: str, job_ids: tuple[str, ...]) -> None:
        subscriber = self._subscriber(subscription)
        for job_id in job_ids:
            subscriber.follows[job_id] = None
            self._followers.setdefault(job_id, {})[subscription] = None

    async def unfollow(self, subscription: str, job_ids: tuple[str, ...]) -> None:
        subscriber = self._subscriber(subscription)
        for job_id in job_ids:
            subscriber.follows.pop(job_id, None)
            self._let_go(subscription, job_id)

    async def next(self, subscription: str, received: int, wait: float) -> Later[EventBatch]:
        """What is new after the batch numbered `received`; or as soon as there is anything."""
        subscriber = self._subscriber(subscription)
        subscriber.expires = self._lease() + wait
        return subscriber.next(received, wait)

    async def replay(self, job_id: str, since: int) -> Later[tuple[Event, ...]]:
        """The job's events numbered above `since`, as many as go into one answer."""
        track = self._tracks.get(job_id)
        found = None if track is None else track.events_since(since)
        if found is not None:
            return at_once(found)
        return Later(asyncio.ensure_future(self._manager.ask(JobManager.events, job_id, since)))

    async def readership(self) -> Readership:
        return Readership(subscriptions=len(self._subscribers), jobs=len(self._followers))

    async def drop_expired(self) -> None:
        self._ctx.after(SUBSCRIPTION_SECONDS, Broadcaster.drop_expired)
        now = self._ctx.clock.monotonic()
        for name, subscriber in list(self._subscribers.items()):
            if subscriber.expires <= now:
                del self._subscribers[name]
                for job_id in subscriber.follows:
                    self._let_go(name, job_id)

    def _track(self, job_id: str) -> Track:
        track = self._tracks.get(job_id)
        if track is None:
            track = self._tracks[job_id] = Track(job_id)
            while len(self._tracks) > TRACKED_JOBS:
                self._tracks.popitem(last=False)
        self._tracks.move_to_end(job_id)
        return track

    def _subscriber(self, subscription: str) -> Subscriber:
        try:
            return self._subscribers[subscription]
        except KeyError:
            raise NotSubscribed("this subscription is over; subscribe again") from None

    def _following(self, job_id: str) -> list[Subscriber]:
        return [self._subscribers[name] for name in self._followers.get(job_id, ())]

    def _let_go(self, subscription: str, job_id: str) -> None:
        followers = self._followers.get(job_id)
        if followers is not None:
            followers.pop(subscription, None)
            if not followers:
                del self._followers[job_id]

    def _lease(self) -> float:
        return self._ctx.clock.monotonic() + SUBSCRIPTION_SECONDS
