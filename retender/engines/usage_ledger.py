"""How much of a rate-limited service has been used, and when the next request may be sent.

There are four rolling windows: requests in a minute and in a day, seconds of audio in an hour and
in a day. However the service counts (rolling windows, windows that begin on the hour, token
buckets), a client that stays within rolling windows stays within its limits.

A request counts from the time it is allowed until a window's length after its end, because the
service may count it at any moment in between. A request whose end is not recorded, because its
process died, counts as ended at its longest possible duration. Times are seconds since 1970,
because they outlive the process. A use in the future, after the clock was set back, counts as of
now.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from retender.workers.usage import Usage, UsageLimits

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0


_AMOUNTS: Final = (10, 60, 300, 1200, 3600)
"""Seconds of audio for which a waiting job is told when there is room."""


class Use(msgspec.Struct, frozen=True, array_like=True):
    """Requests that ended at `at`; or, with a ticket, a request in progress since then."""

    at: float
    requests: int
    seconds: int
    ticket: int = 0


class UsageLedger(msgspec.Struct, frozen=True):
    uses: tuple[Use, ...] = ()
    issued: int = 0
    closed_until: float = 0.0
    """The service has said that it accepts no requests before then."""


class Charge(enum.Enum):
    """What a request that has ended is charged."""

    FULL = "full"
    REQUEST = "request"
    """The service refused it: its audio was not used."""
    NOTHING = "nothing"
    """It did not reach the service."""


class Allowed(msgspec.Struct, frozen=True):
    ledger: UsageLedger
    ticket: int
    """Identifies the request in `settle`, when it has ended."""


class Wait(msgspec.Struct, frozen=True):
    until: float
    """When to ask again; or earlier, if a request in progress ends with a lower charge."""


class NeverAllowed(msgspec.Struct, frozen=True):
    """The request is larger than the limits allow at any time."""

    largest: int


class _Window(NamedTuple):
    length: float
    limit: int
    audio: bool

    def amount(self, use: Use) -> int:
        return use.seconds if self.audio else use.requests


def reserve(
    ledger: UsageLedger,
    limits: UsageLimits,
    seconds: float,
    now: float,
    ahead: Sequence[float] = (),
) -> Allowed | Wait | NeverAllowed:
    """Whether a request with so many seconds of audio may be sent now.

    `ahead` are the requests that have waited longer, oldest first. A later request may pass them
    only if none of them must wait longer because of it. So a short recording need not wait behind a
    long one that waits an hour, and a long one does not wait for ever.
    """
    cost = limits.billed(seconds)
    if cost > limits.largest or min(limits.requests_per_minute, limits.requests_per_day) < 1:
        return NeverAllowed(limits.largest)
    ledger = compact(ledger, limits, now)
    if (until := _until(ledger, limits, seconds, now)) > now:
        return Wait(until)
    ticket = ledger.issued + 1
    use = Use(now, 1, cost, ticket)
    after = msgspec.structs.replace(ledger, uses=(*ledger.uses, use), issued=ticket)
    for older in ahead:
        if (earliest := _until(ledger, limits, older, now)) < _until(after, limits, older, now):
            return Wait(max(now, earliest))
    return Allowed(after, ticket)


def settle(
    ledger: UsageLedger, ticket: int, now: float, charge: Charge = Charge.FULL
) -> UsageLedger:
    """Record the end of a request. Idempotent."""
    return msgspec.structs.replace(ledger, uses=tuple(_settled(ledger.uses, ticket, now, charge)))


def _settled(uses: Iterable[Use], ticket: int, now: float, charge: Charge) -> Iterator[Use]:
    for use in uses:
        if use.ticket != ticket or not ticket:
            yield use
        elif charge is not Charge.NOTHING:
            yield Use(now, use.requests, use.seconds if charge is Charge.FULL else 0)


def close(ledger: UsageLedger, until: float) -> UsageLedger:
    """Allow no requests before then."""
    return msgspec.structs.replace(ledger, closed_until=max(ledger.closed_until, until))


def usage(ledger: UsageLedger, limits: UsageLimits, now: float) -> Usage:
    minute, today, hour, audio_today = (
        _used(window, ledger, limits, now) for window in _windows(limits)
    )
    closed, full = _closed_until(ledger, now), _until(ledger, limits, 0.0, now)
    return Usage(
        minute,
        today,
        hour,
        audio_today,
        limits,
        closed_until=closed if closed > now else None,
        full_until=full if full > now else None,
        room=tuple(_room(ledger, limits, now)),
    )


def _room(ledger: UsageLedger, limits: UsageLimits, now: float) -> list[tuple[int, float]]:
    largest = limits.largest
    amounts = sorted({min(amount, largest) for amount in (*_AMOUNTS, largest)})
    found = [(amount, _until(ledger, limits, amount, now)) for amount in amounts]
    return found if any(at > now for _, at in found) else []


def compact(ledger: UsageLedger, limits: UsageLimits, now: float) -> UsageLedger:
    """The same uses in fewer entries: one for each past minute.

    All uses of a minute get the time of the latest one, so none expires early.
    """
    kept: list[Use] = []
    for use in sorted(ledger.uses, key=lambda use: _end(use, limits, now)):
        end = _end(use, limits, now)
        if end + DAY <= now:
            continue
        in_progress = use.ticket and end == now
        kept.append(use if in_progress else Use(end, use.requests, use.seconds))
    return msgspec.structs.replace(
        ledger, uses=tuple(_merged(kept, now)), closed_until=_closed_until(ledger, now)
    )


def _merged(uses: Iterable[Use], now: float) -> Iterator[Use]:
    bucket: Use | None = None
    for use in uses:
        past = not use.ticket and use.at + MINUTE <= now
        if bucket is not None and past and use.at // MINUTE == bucket.at // MINUTE:
            bucket = Use(use.at, bucket.requests + use.requests, bucket.seconds + use.seconds)
            continue
        if bucket is not None:
            yield bucket
        bucket = use if past else None
        if not past:
            yield use
    if bucket is not None:
        yield bucket


def _windows(limits: UsageLimits) -> tuple[_Window, ...]:
    return (
        _Window(MINUTE, limits.requests_per_minute, audio=False),
        _Window(DAY, limits.requests_per_day, audio=False),
        _Window(HOUR, limits.audio_per_hour, audio=True),
        _Window(DAY, limits.audio_per_day, audio=True),
    )


def _until(ledger: UsageLedger, limits: UsageLimits, seconds: float, now: float) -> float:
    """The earliest time at which the request may be allowed, if no other is sent before."""
    cost = Use(now, 1, limits.billed(seconds))
    oldest_first = sorted(ledger.uses, key=lambda use: _end(use, limits, now))
    until = max(now, _closed_until(ledger, now))
    for window in _windows(limits):
        excess = _used(window, ledger, limits, now) + window.amount(cost) - window.limit
        for use in oldest_first:
            if excess <= 0:
                break
            if (end := _end(use, limits, now)) + window.length > now:
                excess -= window.amount(use)
                until = max(until, end + window.length)
    return until


def _used(window: _Window, ledger: UsageLedger, limits: UsageLimits, now: float) -> int:
    return sum(
        window.amount(use) for use in ledger.uses if _end(use, limits, now) + window.length > now
    )


def _end(use: Use, limits: UsageLimits, now: float) -> float:
    """The time from which it expires. A request in progress does not expire."""
    return min(now, use.at + limits.longest_request if use.ticket else use.at)


def _closed_until(ledger: UsageLedger, now: float) -> float:
    """At most a day from now, in case the clock was set back."""
    return min(ledger.closed_until, now + DAY)
