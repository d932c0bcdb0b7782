"""What the Tracer reads: records of the parts of jobs' lives that end with each commit."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from actors.limits import ATTEMPTS_TRACED, TRACE_RECORDS_KEPT, TRACE_RECORDS_PER_PAGE
from actors.long_poll import LongPolls, at_once
from actors.runtime.api import Later
from retender.jobs.deliveries import CONVEX, Delivery, DeliveryState
from retender.jobs.trace import UNTRACED, Part, Trace, TracePage, TraceRecord
from retender.scheduling.dispatcher import Dispatcher
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.trace_records import ended_parts

_EPOCH_BITS: Final = 32


class _Attempt(msgspec.Struct, frozen=True):
    """A delivery that is being made."""

    number: int
    began: float
    trace: Trace


class TraceLog:
    """Kept in memory, until the Tracer has read them. Beyond the bound the oldest are dropped."""

    def __init__(self, epoch: int, most: int = TRACE_RECORDS_KEPT) -> None:
        self._most = most
        self._records: deque[TraceRecord] = deque()
        self._position = epoch << _EPOCH_BITS
        """Of the last record. Those of a later manager are higher."""
        self._missed = 0
        self._readers: LongPolls[None, TracePage] = LongPolls()
        self._attempts: OrderedDict[tuple[str, str, int], _Attempt] = OrderedDict()

    def take_in(self, draft: Draft, active: ActiveJobs, dispatcher: Dispatcher, now: float) -> None:
        """A draft was committed, and is about to be merged."""
        for record in (*ended_parts(draft, active, dispatcher, now), *self._deliveries(draft)):
            self._records.append(record)
            self._position += 1
        while len(self._records) > self._most:
            self._records.popleft()
            self._missed += 1
        if self._records:
            self._readers.answer_each(lambda _: self._page())

    def read(self, after: int | None, until: float) -> Later[TracePage]:
        """Records up to the position `after` have been read, and are dropped."""
        first = self._position - len(self._records) + 1
        while self._records and after is not None and first <= after:
            self._records.popleft()
            first += 1
        return at_once(self._page()) if self._records else self._readers.add(None, until)

    def dismiss_readers(self, now: float) -> None:
        self._readers.expire(now, lambda _: self._page())

    def _page(self) -> TracePage:
        page = tuple(islice(self._records, TRACE_RECORDS_PER_PAGE))
        missed, self._missed = self._missed, 0
        return TracePage(page, self._position - len(self._records) + len(page), missed)

    def _deliveries(self, draft: Draft) -> Iterator[TraceRecord]:
        """A delivery is saved when an attempt begins, and again when it ends."""
        for each in draft.deliveries:
            key = (each.consumer, each.job_id, each.seq)
            begun = self._attempts.get(key)
            if begun is not None and begun.number == each.attempts:
                del self._attempts[key]
                yield _delivery(each, begun, draft.at)
            elif each.attempts and each.state is DeliveryState.WAITING:
                trace = None if each.job is None else each.job.trace
                self._attempts[key] = _Attempt(each.attempts, draft.at, trace or UNTRACED)
        while len(self._attempts) > ATTEMPTS_TRACED:
            self._attempts.popitem(last=False)


def _delivery(delivery: Delivery, begun: _Attempt, at: float) -> TraceRecord:
    convex = delivery.consumer == CONVEX
    waits = delivery.state is DeliveryState.WAITING
    return TraceRecord(
        part=Part.CONVEX if convex else Part.WEBHOOK,
        job_id=delivery.job_id,
        trace=begun.trace,
        began=begun.began,
        ended=at,
        outcome="retried" if waits else str(delivery.state),
        failed=delivery.state is not DeliveryState.DELIVERED,
        attempt=begun.number,
        receiver="" if convex else delivery.receiver,
    )
