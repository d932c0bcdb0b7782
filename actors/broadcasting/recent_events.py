"""The latest events of unfinished jobs, so that most replays need no journal."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

import msgspec

from actors.limits import EVENTS_PER_TRACK, REPLAY_BYTES
from retender.jobs.events import Event

_encode: Final = msgspec.msgpack.Encoder().encode


class RecentEvents:
    """At most so many events of a job, and so many bytes of all jobs together, as they are encoded.
    When it is full, the events of the job go first that had none for the longest time."""

    def __init__(self, most_bytes: int = REPLAY_BYTES, most_events: int = EVENTS_PER_TRACK) -> None:
        self._most_bytes = most_bytes
        self._most_events = most_events
        self._jobs: OrderedDict[str, deque[tuple[Event, int]]] = OrderedDict()
        self.bytes = 0

    def add(self, event: Event) -> None:
        """The end of a job needs no replay: all its events go at once."""
        if event.last:
            self.drop(event.job_id)
            return
        kept = self._jobs.setdefault(event.job_id, deque())
        self._jobs.move_to_end(event.job_id)
        if kept and event.seq != kept[-1][0].seq + 1:
            self._shorten(kept, 0)
        size = len(_encode(event))
        kept.append((event, size))
        self.bytes += size
        self._shorten(kept, self._most_events)
        while self.bytes > self._most_bytes:
            self.drop(next(iter(self._jobs)))

    def since(self, job_id: str, seq: int) -> tuple[Event, ...] | None:
        """The job's events numbered above `seq`; None if some of them are not kept here."""
        kept = self._jobs.get(job_id)
        if not kept or seq < kept[0][0].seq - 1:
            return None
        return tuple(event for event, _ in kept if event.seq > seq)

    def drop(self, job_id: str) -> None:
        self._shorten(self._jobs.pop(job_id, deque()), 0)

    def _shorten(self, kept: deque[tuple[Event, int]], most: int) -> None:
        while len(kept) > most:
            _, size = kept.popleft()
            self.bytes -= size
