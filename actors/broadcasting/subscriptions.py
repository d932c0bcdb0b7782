"""What waits at the Broadcaster for one process with followers."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from actors.event_pages import fitting
from actors.limits import EVENTS_PER_BATCH, EVENTS_WAITING
from actors.long_poll import at_once
from actors.runtime.api import Later
from retender.jobs.events import Event, TransientProgress


class EventBatch(msgspec.Struct, frozen=True):
    """The next batch is requested with this one's number, so a lost batch is sent again."""

    number: int
    events: tuple[Event, ...] = ()
    progress: tuple[TransientProgress, ...] = ()
    missed: bool = False
    """Events were dropped: replay all followed jobs."""


class FollowerCounts(msgspec.Struct, frozen=True):
    """Numbers of subscriptions and followed jobs."""

    subscriptions: int
    jobs: int


class Subscriber:
    def __init__(self, expires: float) -> None:
        self.expires = expires
        self.follows: dict[str, None] = {}
        self._events: deque[Event] = deque()
        self._progress: dict[str, TransientProgress] = {}
        self._missed = False
        self._sent = EventBatch(0)
        self._poll: asyncio.Future[EventBatch] | None = None

    def add_event(self, event: Event) -> None:
        self._events.append(event)
        if event.last:
            self._progress.pop(event.job_id, None)
        if len(self._events) > EVENTS_WAITING:
            self._events.clear()
            self._missed = True
        self._answer()

    def add_progress(self, progress: TransientProgress) -> None:
        self._progress[progress.job_id] = progress
        self._answer()

    def next(self, received: int, wait: float) -> Later[EventBatch]:
        if received < self._sent.number:
            return at_once(self._sent)
        self._end_poll()
        if self._waiting:
            return at_once(self._pack())
        loop = asyncio.get_running_loop()
        self._poll = poll = loop.create_future()
        timer = loop.call_later(wait, self._answer_empty, poll)
        poll.add_done_callback(lambda _: timer.cancel())
        return Later(poll)

    @property
    def _waiting(self) -> bool:
        return bool(self._events or self._progress or self._missed)

    def _pack(self) -> EventBatch:
        events = fitting(self._events, EVENTS_PER_BATCH)
        for _ in events:
            self._events.popleft()
        # Progress is newer than the events: it is sent with the last of them.
        progress = () if self._events else tuple(self._progress.values())
        if progress:
            self._progress = {}
        self._sent = EventBatch(self._sent.number + 1, events, progress, self._missed)
        self._missed = False
        return self._sent

    def _answer(self) -> None:
        """Answer the poll at the end of this event-loop turn, so that updates come in batches."""
        if self._poll is not None and not self._poll.done():
            poll, self._poll = self._poll, None
            asyncio.get_running_loop().call_soon(self._answer_now, poll)

    def _answer_now(self, poll: asyncio.Future[EventBatch]) -> None:
        if not poll.done():
            poll.set_result(self._pack())

    def _answer_empty(self, poll: asyncio.Future[EventBatch]) -> None:
        if not poll.done():
            poll.set_result(EventBatch(self._sent.number))

    def _end_poll(self) -> None:
        """Answer an earlier poll of the same subscriber, which has been given up."""
        if self._poll is not None:
            self._answer_empty(self._poll)
            self._poll = None
