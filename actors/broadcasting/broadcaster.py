"""Job: send the updates of jobs to all processes with followers: numbered events in order, and of
    transient progress only the latest.
Receives: pages of the log from the JobManager; transient progress from the Transcribers;
    `subscribe`, `follow`, `next` (a long poll) and `replay` from each process with followers;
    `first_use` of WebSocket tickets.
Sends: `log`, `events` and `at_work` to the JobManager.
A crash: it holds nothing that cannot be had again. Subscribers subscribe again and replay by
    number; progress continues from what is committed. A used ticket could be used once more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TypeVar

from loguru import logger

from actors.broadcasting.progress import Track
from actors.broadcasting.recent_events import RecentEvents
from actors.broadcasting.single_use import SingleUse
from actors.broadcasting.subscriptions import EventBatch, FollowerCounts, Subscriber
from actors.limits import SUBSCRIPTION_SECONDS, TICKET_SECONDS, TICKETS_REMEMBERED, TRACKED_JOBS
from actors.long_poll import at_once
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.page_reader import RETRY_SECONDS, PageReader
from actors.runtime.api import Context, Later
from retender.errors import Busy, NotSubscribed, RetenderError
from retender.jobs.events import Event, TransientProgress
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage
from retender.jobs.submission import LogPage

V = TypeVar("V")


class Broadcaster:
    def __init__(self) -> None:
        self._tracks: OrderedDict[str, Track] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        """Jobs that ended lately: progress that arrives late is not theirs any more."""
        self._recent = RecentEvents()
        self._subscribers: dict[str, Subscriber] = {}
        self._followers: dict[str, dict[str, None]] = {}
        self._named = 0
        self._tickets = SingleUse(TICKETS_REMEMBERED)

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        self._log = PageReader(
            ctx, JobManager.log, Broadcaster.take_page, Broadcaster.log_unavailable
        )
        ctx.after(SUBSCRIPTION_SECONDS, Broadcaster.drop_expired)

    # The log

    async def take_page(self, page: LogPage) -> None:
        if self._log.position is None:
            await self.ask_at_work()
        for event in page.events:
            self._send(event)
        self._log.read_on(page)

    async def log_unavailable(self, error: RetenderError) -> None:
        self._log.retry(error)

    async def ask_at_work(self, after: str = "") -> None:
        """Load the jobs that were under way before this instance started, page by page."""
        jobs = self._manager.ask(JobManager.at_work, after)
        self._ctx.pipe(jobs, Broadcaster.catch_up, Broadcaster.catch_up_later)

    async def catch_up(self, jobs: tuple[Job, ...]) -> None:
        for job in jobs:
            if job.id not in self._ended:
                self._track(job.id).begin(job)
        if jobs:
            await self.ask_at_work(jobs[-1].id)

    async def catch_up_later(self, error: RetenderError) -> None:
        logger.debug("the jobs under way are not known yet: {}", error.message)
        self._ctx.after(RETRY_SECONDS, Broadcaster.ask_at_work)

    def _send(self, event: Event) -> None:
        self._recent.add(event)
        if event.last:
            self._tracks.pop(event.job_id, None)
            _remember(self._ended, event.job_id, None)
        else:
            self._ended.pop(event.job_id, None)
            self._track(event.job_id).add(event)
        for subscriber in self._following(event.job_id):
            subscriber.add_event(event)

    # Transient progress

    async def progress(
        self,
        job_id: str,
        piece: int,
        seconds: float,
        stage: Stage | None = None,
        note: Note | None = None,
    ) -> None:
        """`seconds` of a piece are done but not committed yet; or the piece waits, with this stage
        and note."""
        if job_id in self._ended:
            return
        track = self._track(job_id)
        wait = None if stage is None or note is None else (stage, note)
        progress = track.under_way(piece, seconds, self._ctx.clock, wait)
        if progress is not None:
            for subscriber in self._following(job_id):
                subscriber.add_progress(progress)

    async def latest(self, job_id: str) -> TransientProgress | None:
        """The latest progress of the job, for clients that poll."""
        track = self._tracks.get(job_id)
        return None if track is None else track.latest

    async def latest_of(self, job_ids: tuple[str, ...]) -> tuple[TransientProgress, ...]:
        """The latest progress of each of these jobs that has any."""
        tracks = (self._tracks.get(job_id) for job_id in job_ids)
        return tuple(track.latest for track in tracks if track is not None and track.latest)

    # Subscribers

    async def subscribe(self) -> str:
        """A subscription lasts as long as its owner keeps asking for the next batch.

        Events after its start are sent, earlier ones can be replayed. So nobody can subscribe
        before this instance has a position in the log.
        """
        if self._log.position is None:
            raise Busy("the log is not being read yet", retry_after=RETRY_SECONDS)
        self._named += 1
        name = f"{self._ctx.random.getrandbits(64):016x}.{self._named}"
        self._subscribers[name] = Subscriber(self._expiry())
        return name

    async def first_use(self, ticket: str, until: float) -> bool:
        """True if no process has used the ticket yet."""
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
            self._remove(subscription, job_id)

    async def next(self, subscription: str, received: int, wait: float) -> Later[EventBatch]:
        """The batch after the one numbered `received`, as soon as there is anything for it."""
        subscriber = self._subscriber(subscription)
        subscriber.expires = self._expiry() + wait
        return subscriber.next(received, wait)

    async def replay(self, job_id: str, since: int) -> Later[tuple[Event, ...]]:
        """The job's events numbered above `since`, at most a page of them."""
        found = self._recent.since(job_id, since)
        if found is not None:
            return at_once(found)
        return Later(asyncio.ensure_future(self._manager.ask(JobManager.events, job_id, since)))

    async def follower_counts(self) -> FollowerCounts:
        return FollowerCounts(subscriptions=len(self._subscribers), jobs=len(self._followers))

    async def drop_expired(self) -> None:
        self._ctx.after(SUBSCRIPTION_SECONDS, Broadcaster.drop_expired)
        now = self._ctx.clock.monotonic()
        for name, subscriber in list(self._subscribers.items()):
            if subscriber.expires <= now:
                del self._subscribers[name]
                for job_id in subscriber.follows:
                    self._remove(name, job_id)

    def _track(self, job_id: str) -> Track:
        track = self._tracks.get(job_id) or Track(job_id)
        for dropped in _remember(self._tracks, job_id, track):
            self._recent.drop(dropped)
        return track

    def _subscriber(self, subscription: str) -> Subscriber:
        try:
            return self._subscribers[subscription]
        except KeyError:
            raise NotSubscribed("this subscription is over; subscribe again") from None

    def _following(self, job_id: str) -> list[Subscriber]:
        return [self._subscribers[name] for name in self._followers.get(job_id, ())]

    def _remove(self, subscription: str, job_id: str) -> None:
        followers = self._followers.get(job_id)
        if followers is not None:
            followers.pop(subscription, None)
            if not followers:
                del self._followers[job_id]

    def _expiry(self) -> float:
        return self._ctx.clock.monotonic() + SUBSCRIPTION_SECONDS


def _remember(kept: OrderedDict[str, V], job_id: str, value: V) -> list[str]:
    """Keep the value as the most recent one. Returns the jobs that had to go for it."""
    kept[job_id] = value
    kept.move_to_end(job_id)
    return [kept.popitem(last=False)[0] for _ in range(len(kept) - TRACKED_JOBS)]
