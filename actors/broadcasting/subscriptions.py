"""What waits at the Broadcaster for one process that follows jobs."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from actors.limits import NEWS_PER_BATCH, NEWS_WAITING
from actors.long_poll import at_once
from actors.runtime.api import Later
from retender.jobs.events import Event, TransientProgress


class EventBatch(msgspec.Struct, frozen=True):
    """The next batch is asked for by this one's number: a batch that got lost is given again."""

    number: int
    events: tuple[Event, ...] = ()
    passing: tuple[TransientProgress, ...] = ()
    missed: bool = False
    """More had come than could be kept: replay all that is followed."""


class Readership(msgspec.Struct, frozen=True):
    """Who is told the news at the moment."""

    subscriptions: int
    jobs: int
    """Of which it is told."""


class Subscriber:
    def __init__(self, expires: float) -> None:
        self.expires = expires
        self.follows: dict[str, None] = {}
        self._events: deque[Event] = deque()
        self._passing: dict[str, TransientProgress] = {}
        self._missed = False
        self._sent = EventBatch(0)
        self._asker: asyncio.Future[EventBatch] | None = None

    def add_event(self, event: Event) -> None:
        self._events.append(event)
        if event.last:
            self._passing.pop(event.job_id, None)
        if len(self._events) > NEWS_WAITING:
            self._events.clear()
            self._missed = True
        self._answer()

    def add_passing(self, news: TransientProgress) -> None:
        self._passing[news.job_id] = news
        self._answer()

    def next(self, received: int, wait: float) -> Later[EventBatch]:
        if received < self._sent.number:
            return at_once(self._sent)
        self._dismiss()
        if self._waiting:
            return at_once(self._pack())
        loop = asyncio.get_running_loop()
        self._asker = asker = loop.create_future()
        timer = loop.call_later(wait, self._give_up, asker)
        asker.add_done_callback(lambda _: timer.cancel())
        return Later(asker)

    @property
    def _waiting(self) -> bool:
        return bool(self._events or self._passing or self._missed)

    def _pack(self) -> EventBatch:
        events = tuple(
            self._events.popleft() for _ in range(min(NEWS_PER_BATCH, len(self._events)))
        )
        # Progress stands for what comes after the events: it waits until those are out.
        passing = () if self._events else tuple(self._passing.values())
        if passing:
            self._passing = {}
        self._sent = EventBatch(self._sent.number + 1, events, passing, self._missed)
        self._missed = False
        return self._sent

    def _answer(self) -> None:
        """Give the waiting one what has come, at the end of this turn: so it comes in batches."""
        if self._asker is not None and not self._asker.done():
            asker, self._asker = self._asker, None
            asyncio.get_running_loop().call_soon(self._hand_over, asker)

    def _hand_over(self, asker: asyncio.Future[EventBatch]) -> None:
        if not asker.done():
            asker.set_result(self._pack())

    def _give_up(self, asker: asyncio.Future[EventBatch]) -> None:
        if not asker.done():
            asker.set_result(EventBatch(self._sent.number))

    def _dismiss(self) -> None:
        """An earlier question of the same subscriber: its answer is not waited for any more."""
        if self._asker is not None:
            self._give_up(self._asker)
            self._asker = None
