"""When a receiver counts as away, and how it comes back."""

from __future__ import annotations

from retender.outbound.limits import CONVEX_FAILURES, CONVEX_PROBE_SECONDS
from retender.outbound.outage import Outage


def away() -> Outage:
    outage = Outage()
    for _ in range(CONVEX_FAILURES):
        outage.failed(0.0, 0.5)
    return outage


def test_a_receiver_is_away_after_some_failures_in_a_row_and_not_before() -> None:
    outage = Outage()
    for _ in range(CONVEX_FAILURES - 1):
        outage.failed(0.0, 0.5)
    assert outage.capacity(9) == 9
    outage.succeeded()
    outage.failed(0.0, 0.5)
    assert not outage.away
    assert away().capacity(9) == 0


def test_a_receiver_that_asks_for_a_pause_gets_it_at_once() -> None:
    outage = Outage()
    outage.failed(100.0, 0.5, retry_after=12.0)
    assert outage.until == 112.0


def test_pauses_between_probes_grow_to_half_a_minute() -> None:
    outage = away()
    pauses = []
    for _ in range(10):
        outage.probe_failed(0.0, 0.5)
        assert outage.until is not None
        pauses.append(outage.until)
    assert pauses == sorted(pauses)
    assert pauses[-1] == CONVEX_PROBE_SECONDS[1]


def test_after_a_probe_one_request_is_let_through_and_then_all() -> None:
    outage = away()
    outage.probe_answered()
    assert (outage.capacity(9), outage.over) == (1, False)
    outage.succeeded()
    assert (outage.capacity(9), outage.over) == (9, True)


def test_a_receiver_that_answers_probes_and_fails_requests_is_asked_ever_less() -> None:
    outage = away()
    waits = []
    for _ in range(8):
        outage.probe_answered()
        outage.failed(0.0, 0.5)
        assert outage.until is not None
        waits.append(outage.until)
    assert waits == sorted(waits)
    assert waits[-1] == CONVEX_PROBE_SECONDS[1]
