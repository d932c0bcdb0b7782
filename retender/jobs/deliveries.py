"""What others must be told of a job, kept until they have been: the outbox beside the log.

A delivery is written in the transaction that makes its event true, and every consumer (webhooks
are one) has its own: together they are its cursor over the log. Of one job they are made in the
order of its events; of one lane, one at a time; of different lanes, side by side.

An attempt is written down as one that failed before it is made, and whoever makes it corrects
that. So a crash at any point loses nothing: it costs the attempt, and what had arrived comes
again. Each is made at least once, under a number by which the receiver can tell.
"""

from __future__ import annotations

import enum
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.limits import DELIVERY_ATTEMPT_SECONDS
from retender.jobs.retry import MAX_RETRY_AFTER

WEBHOOKS: Final = "webhooks"

PAUSES: Final = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 50_400, 64_800, 86_400)
"""Seconds after the first failed attempt, after the second, … : three days in all. The attempt
after the last pause is the last."""

ATTEMPTS: Final = len(PAUSES) + 1

_INTERRUPTED: Final = "the attempt was interrupted"


class DeliveryState(enum.StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    consumer: str
    job_id: str
    seq: int
    """The number of the event that it tells of."""
    receiver: str = msgspec.field(name="lane")
    at: float
    """When the event was."""
    due: float
    """When the next attempt is; nothing once it is at rest."""
    job: Job | None = None
    """As it was at the event, however it goes on; let go of once the delivery is at rest."""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    last_error: str = ""

    @property
    def waiting(self) -> bool:
        return self.state is DeliveryState.WAITING


class DeliveryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt went. `again`: not this time. `never`: the receiver wants no more of it."""

    job_id: str
    seq: int
    attempt: int
    how: Literal["delivered", "again", "never"]
    error: str = ""
    retry_after: float | None = None


class DeliveryExchange(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes the deliveries of a consumer turns in how they went, and asks for more."""

    consumer: str
    outcomes: tuple[DeliveryOutcome, ...] = ()
    busy: tuple[str, ...] = ()
    """Lanes in which one is under way."""
    want: int = 0
    wait: float = 0.0
    """How long an answer without deliveries may be held back in case one comes due."""


class Backlog(msgspec.Struct, frozen=True):
    """What a consumer has not been told yet."""

    waiting: int = 0
    oldest: float | None = None
    """When the oldest event among them was."""

    def age(self, now: float) -> float:
        return 0.0 if self.oldest is None else max(0.0, now - self.oldest)


def deliveries_for(job: Job, event: Event) -> tuple[Delivery, ...]:
    """What follows from this event for those who must be told."""
    if job.callback_url is None or not event.last:
        return ()
    lane = urlsplit(job.callback_url).hostname or ""
    webhook = Delivery(
        consumer=WEBHOOKS,
        job_id=job.id,
        seq=event.seq,
        receiver=lane,
        at=event.at,
        due=event.at,
        job=job,
    )
    return (webhook,)


def attempt_started(delivery: Delivery, now: float, random: float) -> Delivery:
    """As it stands while an attempt is made, and stays if nobody says how that went. One whose
    attempts are used up is given up instead."""
    if delivery.attempts >= ATTEMPTS:
        return _at_rest(delivery, DeliveryState.GIVEN_UP, delivery.last_error)
    attempts = delivery.attempts + 1
    pause = max(DELIVERY_ATTEMPT_SECONDS, _pause(attempts, random))
    return msgspec.structs.replace(
        delivery, attempts=attempts, due=now + pause, last_error=_INTERRUPTED
    )


def attempt_ended(
    delivery: Delivery, told: DeliveryOutcome, now: float, random: float
) -> Delivery | None:
    """None: this is known already, or of another attempt. `random` is uniform in [0, 1)."""
    if not delivery.waiting or told.attempt != delivery.attempts:
        return None
    if told.how == "delivered":
        return _at_rest(delivery, DeliveryState.DELIVERED, "")
    if told.how == "never" or delivery.attempts >= ATTEMPTS:
        return _at_rest(delivery, DeliveryState.GIVEN_UP, told.error)
    asked = min(told.retry_after or 0.0, MAX_RETRY_AFTER)
    pause = max(asked, _pause(delivery.attempts, random))
    return msgspec.structs.replace(delivery, due=now + pause, last_error=told.error)


def _pause(attempts: int, random: float) -> float:
    """A quarter more or less, so that what failed together does not come back together."""
    return PAUSES[min(attempts, len(PAUSES)) - 1] * (0.75 + random / 2)


def _at_rest(delivery: Delivery, state: DeliveryState, error: str) -> Delivery:
    return msgspec.structs.replace(delivery, state=state, job=None, last_error=error)
