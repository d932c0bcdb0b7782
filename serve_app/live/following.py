"""Follows one job for one client: an async iterator over the job's updates.

The WebSocket, both event streams and the request that waits for a result read it, and each renders
the updates in its own way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeGuard

from starlette.types import Receive

from actors.broadcasting.hub import Follower
from retender.jobs.events import Event
from retender.jobs.job import Job
from serve_app.state.live_messages import Update
from serve_app.state.services import Services

ReadClient = Callable[["JobUpdates"], Awaitable[None]]
"""Reads what the client sends. Returns when the client has left."""


class JobUpdates:
    """Gives the job's updates in order. Gives None when no update waits and `wake` was called, or
    the time set by `wake_after` is over.

    The iterator ends after the job's last event, when the client has left, and when the service
    stops. It raises `TooSlow` if the updates are not read in time.
    """

    def __init__(
        self, services: Services, job: Job, follower: Follower, read_client: ReadClient
    ) -> None:
        self._clock = services.clock
        self._closing = services.closing
        self._follower = follower
        self._known = job.seq
        self._wake_at: float | None = None
        self._woken = False
        self._timer: asyncio.TimerHandle | None = None
        self.last: Event | None = None
        """The job's last event, once the iterator has given it."""
        self._reading = asyncio.ensure_future(read_client(self))
        self._reading.add_done_callback(lambda _: follower.wake())

    @property
    def client_left(self) -> bool:
        return self._reading.done()

    def wake(self) -> None:
        self._woken = True
        self._follower.wake()

    def wake_after(self, seconds: float) -> None:
        self._wake_at = self._clock.monotonic() + seconds

    def __aiter__(self) -> JobUpdates:
        return self

    async def __anext__(self) -> Update | None:
        while True:
            if self.client_left:
                self._reading.result()
            if self.last is not None or self.client_left or self._closing.begun:
                raise StopAsyncIteration
            if (update := self._follower.take()) is not None:
                if ends(update, self._known):
                    self.last = update
                return update
            wait = None if self._wake_at is None else self._wake_at - self._clock.monotonic()
            if self._woken or (wait is not None and wait <= 0.0):
                self._woken = False
                return None
            self._set_timer(wait)
            await self._follower.wait()

    def close(self) -> None:
        self._reading.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, seconds: float | None) -> None:
        """A timer that is already set stays: `_wake_at` moves only forward, so the timer may ring
        too early, and is then set again, but never too late."""
        if self._timer is None and seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._follower.wake()


@asynccontextmanager
async def follow(
    services: Services, job: Job, read_client: ReadClient, *, since: int, shown: float = 0.0
) -> AsyncIterator[JobUpdates]:
    """The job's events numbered above `since`, then its further updates. `job` is the job as it was
    found, and `shown` the progress that the client has been shown: it does not go back."""
    async with services.hub.follow(job.id, since, shown) as follower:
        updates = JobUpdates(services, job, follower, read_client)
        try:
            with services.closing.calling(follower.wake):
                yield updates
        finally:
            updates.close()


def until_disconnected(receive: Receive) -> ReadClient:
    """For a client that sends nothing more: it has left when its connection is closed."""

    async def read(_: JobUpdates) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return read


def ends(update: Update, known: int) -> TypeGuard[Event]:
    """Whether the job has ended with this. The end of an attempt before the event numbered `known`,
    the last one when the follow was opened, does not count: the job was retried after it."""
    return isinstance(update, Event) and update.last and update.seq >= known
