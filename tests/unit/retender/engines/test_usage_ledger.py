"""The free tier's limits, kept before they are reached."""

from __future__ import annotations

import msgspec
import pytest

from retender.engines.usage_ledger import (
    DAY,
    HOUR,
    MINUTE,
    Allowed,
    Charge,
    NeverAllowed,
    UsageLedger,
    Use,
    Wait,
    close,
    compact,
    reserve,
    settle,
    usage,
)
from retender.workers.usage import UsageLimits

NOON = 1_700_000_000.0
FREE = UsageLimits()


def let_go(
    ledger: UsageLedger, seconds: float, now: float, limits: UsageLimits = FREE
) -> tuple[UsageLedger, int]:
    verdict = reserve(ledger, limits, seconds, now)
    assert isinstance(verdict, Allowed)
    return verdict.ledger, verdict.ticket


def spent(
    ledger: UsageLedger, seconds: float, now: float, limits: UsageLimits = FREE
) -> UsageLedger:
    """A request that was over as soon as it was sent."""
    ledger, ticket = let_go(ledger, seconds, now, limits)
    return settle(ledger, ticket, now)


def test_twenty_requests_go_in_a_minute_and_the_next_when_the_first_is_a_minute_old() -> None:
    ledger = UsageLedger()
    for second in range(20):
        ledger = spent(ledger, 30, NOON + second)
    assert reserve(ledger, FREE, 30, NOON + 20) == Wait(NOON + MINUTE)
    assert isinstance(reserve(ledger, FREE, 30, NOON + MINUTE), Allowed)


def test_a_request_under_way_holds_its_place_until_a_minute_after_its_end() -> None:
    one = UsageLimits(requests_per_minute=1)
    ledger, ticket = let_go(UsageLedger(), 30, NOON, one)
    assert reserve(ledger, one, 30, NOON + 90) == Wait(NOON + 90 + MINUTE)
    ledger = settle(ledger, ticket, NOON + 100)
    assert reserve(ledger, one, 30, NOON + 101) == Wait(NOON + 100 + MINUTE)


def test_a_request_whose_process_died_holds_its_place_no_longer_than_it_can_have_taken() -> None:
    one = UsageLimits(requests_per_minute=1, longest_request=300)
    ledger, _ = let_go(UsageLedger(), 30, NOON, one)
    assert reserve(ledger, one, 30, NOON + 301) == Wait(NOON + 300 + MINUTE)
    assert isinstance(reserve(ledger, one, 30, NOON + 300 + MINUTE), Allowed)


def test_audio_waits_for_the_hour_and_for_the_day() -> None:
    ledger = spent(spent(UsageLedger(), 4000, NOON), 3000, NOON + 600)
    assert reserve(ledger, FREE, 300, NOON + 700) == Wait(NOON + HOUR)
    for hour in range(1, 4):
        ledger = spent(ledger, 7100, NOON + 600 + hour * HOUR)
    assert reserve(ledger, FREE, 7000, NOON + 6 * HOUR) == Wait(NOON + 600 + DAY)


def test_the_day_has_room_for_two_thousand_requests_and_no_more() -> None:
    ledger = UsageLedger()
    for number in range(2000):
        ledger = spent(ledger, 10, NOON + number * 30)
    verdict = reserve(ledger, FREE, 10, NOON + 2000 * 30)
    assert isinstance(verdict, Wait)
    assert NOON + DAY <= verdict.until <= NOON + DAY + MINUTE


def test_a_recording_longer_than_an_hours_allowance_is_never_waited_for() -> None:
    assert reserve(UsageLedger(), FREE, 7200.1, NOON) == NeverAllowed(7200)
    assert isinstance(reserve(UsageLedger(), FREE, 7200, NOON), Allowed)


def test_a_short_recording_counts_as_ten_seconds() -> None:
    ledger = spent(UsageLedger(), 0.5, NOON)
    assert usage(ledger, FREE, NOON).audio_this_hour == 10


def test_a_short_recording_passes_a_long_one_that_waits_for_the_hour() -> None:
    ledger = spent(UsageLedger(), 1000, NOON)
    assert isinstance(reserve(ledger, FREE, 7000, NOON + 60), Wait)
    assert isinstance(reserve(ledger, FREE, 150, NOON + 60, ahead=[7000]), Allowed)


def test_no_recording_passes_one_that_it_would_keep_waiting() -> None:
    ledger = spent(UsageLedger(), 1000, NOON)
    assert reserve(ledger, FREE, 250, NOON + 60, ahead=[7000]) == Wait(NOON + HOUR)


def test_of_two_that_could_go_the_older_goes_first() -> None:
    one = UsageLimits(requests_per_minute=1)
    assert reserve(UsageLedger(), one, 30, NOON, ahead=[30]) == Wait(NOON)


@pytest.mark.parametrize(
    ("charge", "requests", "seconds"),
    [(Charge.FULL, 1, 600), (Charge.REQUEST, 1, 0), (Charge.NOTHING, 0, 0)],
)
def test_what_was_not_used_is_given_back(charge: Charge, requests: int, seconds: int) -> None:
    ledger, ticket = let_go(UsageLedger(), 600, NOON)
    used = usage(settle(ledger, ticket, NOON + 1, charge), FREE, NOON + 2)
    assert (used.requests_today, used.audio_today) == (requests, seconds)


def test_settling_twice_changes_nothing() -> None:
    ledger, ticket = let_go(UsageLedger(), 600, NOON)
    once = settle(ledger, ticket, NOON + 1)
    assert settle(once, ticket, NOON + 50, Charge.NOTHING) == once


def test_nothing_is_sent_while_the_service_has_closed_its_door() -> None:
    ledger = close(UsageLedger(), NOON + 42)
    assert reserve(ledger, FREE, 30, NOON) == Wait(NOON + 42)
    assert usage(ledger, FREE, NOON).closed_until == NOON + 42
    assert isinstance(reserve(ledger, FREE, 30, NOON + 42), Allowed)
    assert usage(ledger, FREE, NOON + 42).closed_until is None


def test_a_clock_set_back_by_a_year_delays_nothing_for_longer_than_its_window() -> None:
    one = UsageLimits(requests_per_minute=1)
    ledger = close(spent(UsageLedger(), 30, NOON, one), NOON + 30)
    year_before = NOON - 365 * DAY
    assert reserve(ledger, one, 30, year_before) == Wait(year_before + DAY)
    ledger = spent(UsageLedger(), 30, NOON, one)
    assert reserve(ledger, one, 30, year_before) == Wait(year_before + MINUTE)


def test_usage_tells_what_each_window_holds() -> None:
    ledger = spent(
        spent(spent(UsageLedger(), 100, NOON), 200, NOON + 2 * HOUR), 300, NOON + 3 * HOUR
    )
    used = usage(ledger, FREE, NOON + 3 * HOUR + 30)
    assert (used.requests_this_minute, used.requests_today) == (1, 3)
    assert (used.audio_this_hour, used.audio_today) == (300, 600)


def test_a_days_worth_of_requests_is_remembered_in_a_few_entries() -> None:
    paid = UsageLimits(
        requests_per_minute=300, requests_per_day=400_000, audio_per_hour=10**6, audio_per_day=10**7
    )
    ledger = UsageLedger()
    for number in range(6000):
        ledger = spent(ledger, 10, NOON + number * 0.6, paid)
    assert usage(ledger, paid, NOON + HOUR).requests_today == 6000
    assert len(ledger.uses) < 62 + 100


def test_a_ledger_reads_back_as_it_was_written() -> None:
    ledger, _ = let_go(close(spent(UsageLedger(), 30, NOON), NOON + 5), 90, NOON + 10)
    assert msgspec.json.decode(msgspec.json.encode(ledger), type=UsageLedger) == ledger


def test_a_minutes_uses_are_let_off_with_the_latest_of_them() -> None:
    start = NOON - NOON % MINUTE
    ledger = UsageLedger((Use(start + 1, 1, 100), Use(start + 50, 1, 200)))
    assert compact(ledger, FREE, start + 300).uses == (Use(start + 50, 2, 300),)


def test_as_long_as_there_is_room_for_everything_no_time_is_named() -> None:
    assert usage(UsageLedger(), FREE, NOON).until(7200) is None


def test_how_long_a_day_that_is_spent_makes_wait_depends_on_how_much_is_waiting() -> None:
    limits = UsageLimits(audio_per_hour=28_800)
    ledger = spent(spent(UsageLedger(), 10_000, NOON, limits), 18_800, NOON + HOUR, limits)
    used = usage(ledger, limits, NOON + 2 * HOUR)
    assert used.until(60) == NOON + DAY
    assert used.until(9000) == NOON + DAY + HOUR, "for more than the first request had freed"
    two_days = used.until(28_800 + 28_800)
    assert two_days == pytest.approx(NOON + DAY + HOUR + DAY)
