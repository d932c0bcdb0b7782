"""Which unfinished jobs have progress to be sent, and when: of each job only the latest counts.

It holds ids and numbers, never a message: what is sent is read at the moment of sending. So its
memory is bounded by the number of jobs, however long nothing can be sent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from typing import NamedTuple

import msgspec


class _Entry(msgspec.Struct):
    seq: int
    """The number of the last event read."""
    moving: bool
    """Between its events it has progress to look for."""
    known: bool
    """True if all its ends have been sent. Else that is to be asked before anything is sent."""
    next_at: float = 0.0
    sent: float = -1.0
    """The progress that was sent with `seq`."""
    refused: str = ""
    """Why Convex refuses this job; empty if it does not."""


class Turn(NamedTuple):
    job_id: str
    seq: int
    known: bool


class ProgressQueue:
    def __init__(self, most: int, interval: float) -> None:
        """`most` jobs are held; of further ones the longest silent is forgotten. A job is sent once
        in `interval` seconds at most."""
        self._most = most
        self._interval = interval
        self._jobs: OrderedDict[str, _Entry] = OrderedDict()
        self._changed: dict[str, None] = {}

    def __len__(self) -> int:
        """How many jobs have something to be sent."""
        return len(self._changed)

    @property
    def refused(self) -> dict[str, str]:
        return {job_id: entry.refused for job_id, entry in self._jobs.items() if entry.refused}

    def event(self, job_id: str, seq: int, *, moving: bool) -> None:
        """An event of an unfinished job was read, or the job was listed. Only one of whose events
        each was seen, from the first on, is known to have nothing unsent before that: the list may
        be ahead of the log, and an end among what is between."""
        entry = self._jobs.get(job_id)
        if entry is None:
            entry = self._jobs[job_id] = _Entry(seq, moving, known=seq == 1)
        elif seq > entry.seq:
            entry.known = entry.known and seq == entry.seq + 1
            entry.seq, entry.moving, entry.sent = seq, moving, -1.0
        self._jobs.move_to_end(job_id)
        self._mark(job_id, entry)
        while len(self._jobs) > self._most:
            oldest, _ = self._jobs.popitem(last=False)
            self._changed.pop(oldest, None)

    def ended(self, job_id: str) -> None:
        """The end is sent by other means, and so may be what comes after it."""
        self._jobs.pop(job_id, None)
        self._changed.pop(job_id, None)

    def moving(self, limit: int) -> tuple[str, ...]:
        """Jobs to look for progress of, because nothing of theirs waits to be sent."""
        found = []
        for job_id, entry in self._jobs.items():
            if entry.moving and entry.known and not entry.refused and job_id not in self._changed:
                found.append(job_id)
                if len(found) == limit:
                    break
        for job_id in found:  # so that each gets its turn where there are more
            self._jobs.move_to_end(job_id)
        return tuple(found)

    def progressed(self, job_id: str, progress: float) -> None:
        """A job was found to be further than was sent."""
        entry = self._jobs.get(job_id)
        if entry is not None and round(progress, 1) > entry.sent:
            self._mark(job_id, entry)

    def take(self, now: float, most: int, busy: Container[str]) -> list[Turn]:
        """Jobs whose turn it is: they count as sent from now on."""
        found: list[Turn] = []
        for job_id in self._changed:
            if len(found) >= most:
                break
            entry = self._jobs[job_id]
            if entry.next_at <= now and job_id not in busy:
                found.append(Turn(job_id, entry.seq, entry.known))
        for turn in found:
            del self._changed[turn.job_id]
            self._jobs[turn.job_id].next_at = now + self._interval
        return found

    def next_at(self, busy: Container[str]) -> float | None:
        """When the next job has its turn; None if none waits for its time."""
        waiting = (self._jobs[job_id].next_at for job_id in self._changed if job_id not in busy)
        return min(waiting, default=None)

    def sent(self, job_id: str, seq: int, progress: float) -> None:
        """An update was stored; so there is no earlier end that has yet to be sent."""
        entry = self._jobs.get(job_id)
        if entry is not None and entry.seq == seq:
            entry.sent = max(entry.sent, round(progress, 1))
            entry.known = True

    def again(self, job_id: str, at: float = 0.0) -> None:
        """It was not sent, and has still to be; not before `at`."""
        entry = self._jobs.get(job_id)
        if entry is not None:
            entry.next_at = max(entry.next_at, at)
            self._mark(job_id, entry)

    def settle(self, job_id: str, seq: int, at: float) -> None:
        """An end of this job was sent: what came after it may follow, from `at` on."""
        entry = self._jobs.get(job_id)
        if entry is not None and entry.seq > seq:
            entry.refused, entry.next_at = "", at
            self._mark(job_id, entry)

    def refuse(self, job_id: str, reason: str) -> None:
        """Convex refuses this job: it is not sent until `retry`."""
        entry = self._jobs.get(job_id)
        if entry is not None:
            entry.refused = reason
            self._changed.pop(job_id, None)

    def retry(self) -> int:
        """Let go on what was refused. Returns how many jobs that are."""
        refused = self.refused
        for job_id in refused:
            self._jobs[job_id].refused = ""
        self._mark_all(refused)
        return len(refused)

    def _mark_all(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            self._mark(job_id, self._jobs[job_id])

    def _mark(self, job_id: str, entry: _Entry) -> None:
        if not entry.refused:
            self._changed[job_id] = None
