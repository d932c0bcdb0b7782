"""Whatever is asked, and however the service counts: no window ever holds more than its limit."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from retender.engines.usage_ledger import (
    DAY,
    HOUR,
    MINUTE,
    Allowed,
    Charge,
    UsageLedger,
    Wait,
    compact,
    reserve,
    settle,
    usage,
)
from retender.workers.usage import UsageLimits

START = 1_700_000_000.0
TIGHT = UsageLimits(
    requests_per_minute=3,
    requests_per_day=12,
    audio_per_hour=300,
    audio_per_day=900,
    longest_request=120,
)

seconds = st.sampled_from([1, 10, 25, 60, 140, 300])
# Just within and just beyond each window: that is where a limit is crossed.
pauses = st.sampled_from([0.0, 1.0, 20.0, 59.0, 61.0, 600.0, 3590.0, 3700.0, 40_000.0])


class Try(NamedTuple):
    after: float
    seconds: int
    takes: float
    counted: float
    """When, between its beginning and its end, the service counts it."""


tries = st.lists(
    st.builds(Try, pauses, seconds, st.sampled_from([0, 5, 118]), st.sampled_from([0.0, 0.5, 1.0])),
    min_size=1,
    max_size=40,
)


class Counted(NamedTuple):
    at: float
    audio: int


@given(tries)
def test_no_window_of_the_service_ever_holds_more_than_its_limit(attempts: list[Try]) -> None:
    ledger = UsageLedger()
    counted: list[Counted] = []
    under_way: list[tuple[float, int]] = []
    now = START
    for attempt in attempts:
        now += attempt.after
        for end, ticket in sorted(under_way):
            if end <= now:
                ledger = settle(ledger, ticket, end)
        under_way = [one for one in under_way if one[0] > now]
        verdict = reserve(ledger, TIGHT, attempt.seconds, now)
        if isinstance(verdict, Allowed):
            ledger = verdict.ledger
            under_way.append((now + attempt.takes, verdict.ticket))
            at = now + attempt.takes * attempt.counted
            counted.append(Counted(at, TIGHT.billed(attempt.seconds)))
    for last in counted:
        _within(counted, last.at)


def _within(counted: list[Counted], now: float) -> None:
    def requests(window: float) -> int:
        return sum(now - window < one.at <= now for one in counted)

    def audio(window: float) -> int:
        return sum(one.audio for one in counted if now - window < one.at <= now)

    assert requests(MINUTE - 0.001) <= TIGHT.requests_per_minute
    assert requests(DAY - 0.001) <= TIGHT.requests_per_day
    assert audio(HOUR - 0.001) <= TIGHT.audio_per_hour
    assert audio(DAY - 0.001) <= TIGHT.audio_per_day


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[UsageLedger, float]:
    """One that something has been spent from, and the time after that."""
    ledger, now = UsageLedger(), START
    for attempt in draw(tries):
        now += attempt.after
        verdict = reserve(ledger, TIGHT, attempt.seconds, now)
        if isinstance(verdict, Allowed):
            charge = draw(st.sampled_from([Charge.FULL, Charge.FULL, Charge.REQUEST]))
            ledger = settle(verdict.ledger, verdict.ticket, now, charge)
    return ledger, now + draw(pauses)


@given(ledgers(), seconds)
def test_who_asks_again_when_told_to_is_let_go(
    at_rest: tuple[UsageLedger, float], wanted: int
) -> None:
    ledger, now = at_rest
    for _ in range(2):
        verdict = reserve(ledger, TIGHT, wanted, now)
        if isinstance(verdict, Allowed):
            return
        assert isinstance(verdict, Wait)
        assert now < verdict.until <= now + DAY
        now = verdict.until
    assert isinstance(reserve(ledger, TIGHT, wanted, now), Allowed)


@given(ledgers(), seconds, seconds)
def test_nobody_who_passes_makes_the_older_wait_for_longer(
    at_rest: tuple[UsageLedger, float], older: int, younger: int
) -> None:
    ledger, now = at_rest
    before = reserve(ledger, TIGHT, older, now)
    passed = reserve(ledger, TIGHT, younger, now, ahead=[older])
    if isinstance(passed, Allowed):
        after = reserve(settle(passed.ledger, passed.ticket, now), TIGHT, older, now)
        if isinstance(before, Wait):
            assert isinstance(after, Wait)
            assert after.until <= before.until
        else:
            assert isinstance(after, Allowed)


@given(ledgers(), st.floats(0, DAY))
def test_tidying_lets_nothing_off_early(at_rest: tuple[UsageLedger, float], later: float) -> None:
    ledger, now = at_rest
    tidied = compact(ledger, TIGHT, now)
    assert compact(tidied, TIGHT, now) == tidied
    before, after = (usage(one, TIGHT, now + later) for one in (ledger, tidied))
    assert after.requests_this_minute >= before.requests_this_minute
    assert after.requests_today >= before.requests_today
    assert after.audio_this_hour >= before.audio_this_hour
    assert after.audio_today >= before.audio_today
