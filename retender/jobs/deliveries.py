"""Deliveries: messages about a job that must reach an outside system (the outbox pattern).

A delivery is stored in the same transaction as its event. Each consumer (webhooks are one) has
deliveries of its own. Those of one job are made in the order of its events; those to one receiver
one at a time; those to different receivers at the same time.

Before an attempt is made it is stored as failed, and its outcome corrects that afterwards. So a
crash loses no delivery: it costs one attempt, and a message that had arrived is sent again. Every
delivery is made at least once, and its number lets the receiver recognise a repetition.
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
"""Seconds to wait after the first failed attempt, after the second, and so on: three days in all.
The attempt after the last pause is the last one."""

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
    """The number of the event that it reports."""
    receiver: str = msgspec.field(name="lane")
    """The host name of the address it goes to."""
    at: float
    """When the event happened."""
    due: float
    """When the next attempt is made; meaningless once it is delivered or given up."""
    job: Job | None = None
    """The job as it was at the event; None once it is delivered or given up."""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    last_error: str = ""

    @property
    def waiting(self) -> bool:
        return self.state is DeliveryState.WAITING


class DeliveryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended. `again`: try later. `never`: the receiver refuses it for good."""

    job_id: str
    seq: int
    attempt: int
    how: Literal["delivered", "again", "never"]
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

    def age(self, now: float) -> float:
        return 0.0 if self.oldest is None else max(0.0, now - self.oldest)


def deliveries_for(job: Job, event: Event) -> tuple[Delivery, ...]:
    """The deliveries that this event causes."""
    if job.callback_url is None or not event.last:
        return ()
    webhook = Delivery(
        consumer=WEBHOOKS,
        job_id=job.id,
        seq=event.seq,
        receiver=urlsplit(job.callback_url).hostname or "",
        at=event.at,
        due=event.at,
        job=job,
    )
    return (webhook,)


def attempt_started(delivery: Delivery, now: float, random: float) -> Delivery:
    """The delivery while an attempt is made; it stays so if no outcome is reported. If no attempts
    are left, it is given up instead."""
    if delivery.attempts >= ATTEMPTS:
        return _ended(delivery, DeliveryState.GIVEN_UP, delivery.last_error)
    attempts = delivery.attempts + 1
    pause = max(DELIVERY_ATTEMPT_SECONDS, _pause(attempts, random))
    return msgspec.structs.replace(
        delivery, attempts=attempts, due=now + pause, last_error=_INTERRUPTED
    )


def attempt_ended(
    delivery: Delivery, outcome: DeliveryOutcome, now: float, random: float
) -> Delivery | None:
    """The delivery after an attempt; None if this outcome is known already or belongs to another
    attempt. `random` is uniform in [0, 1)."""
    if not delivery.waiting or outcome.attempt != delivery.attempts:
        return None
    if outcome.how == "delivered":
        return _ended(delivery, DeliveryState.DELIVERED, "")
    if outcome.how == "never" or delivery.attempts >= ATTEMPTS:
        return _ended(delivery, DeliveryState.GIVEN_UP, outcome.error)
    asked = min(outcome.retry_after or 0.0, MAX_RETRY_AFTER)
    pause = max(asked, _pause(delivery.attempts, random))
    return msgspec.structs.replace(delivery, due=now + pause, last_error=outcome.error)


def _pause(attempts: int, random: float) -> float:
    """Up to a quarter more or less, so that messages that failed together are not sent together."""
    return PAUSES[min(attempts, len(PAUSES)) - 1] * (0.75 + random / 2)


def _ended(delivery: Delivery, state: DeliveryState, error: str) -> Delivery:
    return msgspec.structs.replace(delivery, state=state, job=None, last_error=error)
