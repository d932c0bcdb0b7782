"""Deliveries: messages about a job that must reach an outside system (the outbox pattern).

A delivery is stored in the same transaction as its event. Each consumer (webhooks are one) has
deliveries of its own. Those of one job are made in the order of its events; those to one receiver
one at a time; those to different receivers at the same time.

Before an attempt is made it is stored as failed, and its outcome corrects that afterwards. So a
crash loses no delivery: it costs one attempt, and a message that had arrived is sent again. Every
delivery is made at least once, and its number lets the receiver recognise a repetition.

A parked delivery has been refused for a reason that trying again does not change, such as a wrong
key. It waits until a person has it retried, and later deliveries of its job wait behind it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.limits import CONVEX_QUEUES, DELIVERY_ATTEMPT_SECONDS
from retender.jobs.retry import MAX_RETRY_AFTER

WEBHOOKS: Final = "webhooks"
CONVEX: Final = "convex"

PAUSES: Final = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 50_400, 64_800, 86_400)
"""Seconds to wait after the first failed attempt, after the second, and so on: three days in all.
The attempt after the last pause is the last one."""

ATTEMPTS: Final = len(PAUSES) + 1


class DeliverySchedule(msgspec.Struct, frozen=True):
    pauses: tuple[float, ...]
    """Seconds after the first failed attempt, after the second, and so on; the last one is
    repeated."""
    attempts: int | None
    """After so many a delivery is given up. None: it is tried for as long as its job is kept."""

    def pause(self, attempts: int, random: float) -> float:
        """Up to a quarter more or less, so that messages that failed together are not sent
        together."""
        return self.pauses[min(attempts, len(self.pauses)) - 1] * (0.75 + random / 2)

    def exhausted(self, attempts: int) -> bool:
        return self.attempts is not None and attempts >= self.attempts


SCHEDULES: Final[Mapping[str, DeliverySchedule]] = {
    WEBHOOKS: DeliverySchedule(PAUSES, ATTEMPTS),
    CONVEX: DeliverySchedule((5, 15, 60, 180, 600), None),
}

NEVER: Final = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970: when a parked delivery is due."""

_INTERRUPTED: Final = "the attempt was interrupted"


class DeliveryState(enum.StrEnum):
    WAITING = "waiting"
    PARKED = "parked"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    consumer: str
    job_id: str
    seq: int
    """The number of the event that it reports."""
    receiver: str = msgspec.field(name="lane")
    """Deliveries with the same receiver are made one at a time. Of a webhook: the host name of the
    address it goes to. Of Convex: one of a few queues, always the same one for a job."""
    at: float
    """When the event happened."""
    due: float
    """When the next attempt is made: `NEVER` while it is parked; meaningless once it is delivered
    or given up."""
    job: Job | None = None
    """The job as it was at the event; None once it is delivered or given up."""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    last_error: str = ""

    @property
    def waiting(self) -> bool:
        """It has yet to be made, though perhaps not before someone has it retried."""
        return self.state in {DeliveryState.WAITING, DeliveryState.PARKED}

    @property
    def log_keys(self) -> dict[str, str]:
        """See `Job.log_keys`."""
        return {"job": self.job_id} if self.job is None else self.job.log_keys

    @property
    def parked(self) -> bool:
        return self.state is DeliveryState.PARKED


class DeliveryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended. `again`: try later. `never`: the receiver refuses it for good. `park`:
    it is refused until something else is mended."""

    job_id: str
    seq: int
    attempt: int
    how: Literal["delivered", "again", "never", "park"]
    error: str = ""
    retry_after: float | None = None


class DeliveryExchange(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer reports the outcomes of its attempts, and asks for more deliveries."""

    consumer: str
    outcomes: tuple[DeliveryOutcome, ...] = ()
    busy: tuple[str, ...] = ()
    """Receivers to which a delivery is under way."""
    want: int = 0
    wait: float = 0.0
    """Seconds of the long poll: so long an answer without deliveries may wait for one."""


class Backlog(msgspec.Struct, frozen=True):
    """The deliveries of a consumer that still wait."""

    waiting: int = 0
    oldest: float | None = None
    """When the oldest of their events happened; None if nothing waits."""
    parked: int = 0
    """Deliveries that wait until a person has them retried; the others do not include them."""
    reason: str = ""
    """Why one of them was refused."""

    def age(self, now: float) -> float:
        return 0.0 if self.oldest is None else max(0.0, now - self.oldest)


def deliveries_for(job: Job, event: Event, *, convex: bool = False) -> tuple[Delivery, ...]:
    """The deliveries that this event causes. `convex`: jobs are synced to a Convex database."""
    if not event.last:
        return ()
    found = []
    if job.callback_url is not None:
        webhook = Delivery(
            consumer=WEBHOOKS,
            job_id=job.id,
            seq=event.seq,
            receiver=urlsplit(job.callback_url).hostname or "",
            at=event.at,
            due=event.at,
            job=job,
        )
        found.append(webhook)
    if convex:
        found.append(for_convex(job, event.at))
    return tuple(found)


def for_convex(job: Job, at: float) -> Delivery:
    """The job as it is, to be sent to Convex. The few queues keep the search for due deliveries
    cheap however many jobs wait."""
    return Delivery(
        consumer=CONVEX,
        job_id=job.id,
        seq=job.seq,
        receiver=f"{crc32(job.id.encode()) % CONVEX_QUEUES:02d}",
        at=at,
        due=at,
        job=job,
    )


def attempt_started(delivery: Delivery, now: float, random: float) -> Delivery:
    """The delivery while an attempt is made; it stays so if no outcome is reported. If no attempts
    are left, it is given up instead."""
    schedule = _schedule(delivery)
    if schedule.exhausted(delivery.attempts):
        return _ended(delivery, DeliveryState.GIVEN_UP, delivery.last_error)
    attempts = delivery.attempts + 1
    pause = max(DELIVERY_ATTEMPT_SECONDS, schedule.pause(attempts, random))
    return msgspec.structs.replace(
        delivery, attempts=attempts, due=now + pause, last_error=_INTERRUPTED
    )


def attempt_ended(
    delivery: Delivery, outcome: DeliveryOutcome, now: float, random: float
) -> Delivery | None:
    """The delivery after an attempt; None if this outcome is known already or belongs to another
    attempt. `random` is uniform in [0, 1)."""
    if delivery.state is not DeliveryState.WAITING or outcome.attempt != delivery.attempts:
        return None
    schedule = _schedule(delivery)
    if outcome.how == "delivered":
        return _ended(delivery, DeliveryState.DELIVERED, "")
    if outcome.how == "park":
        return msgspec.structs.replace(
            delivery, state=DeliveryState.PARKED, due=NEVER, last_error=outcome.error
        )
    if outcome.how == "never" or schedule.exhausted(delivery.attempts):
        return _ended(delivery, DeliveryState.GIVEN_UP, outcome.error)
    asked = min(outcome.retry_after or 0.0, MAX_RETRY_AFTER)
    pause = max(asked, schedule.pause(delivery.attempts, random))
    return msgspec.structs.replace(delivery, due=now + pause, last_error=outcome.error)


def retried(delivery: Delivery, now: float) -> Delivery:
    """A waiting or parked delivery as if it were new: it is made at once."""
    return msgspec.structs.replace(delivery, state=DeliveryState.WAITING, due=now, attempts=0)


def _schedule(delivery: Delivery) -> DeliverySchedule:
    return SCHEDULES.get(delivery.consumer, SCHEDULES[WEBHOOKS])


def _ended(delivery: Delivery, state: DeliveryState, error: str) -> Delivery:
    return msgspec.structs.replace(delivery, state=state, job=None, last_error=error)
