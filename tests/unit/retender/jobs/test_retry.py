from __future__ import annotations

import msgspec
import pytest

from retender.errors import EngineFailed, Failure, ModelUnavailable
from retender.jobs.retry import (
    MAX_RETRY_AFTER,
    SHORTEST_DELAY,
    GiveUp,
    RetryAt,
    RetryPolicy,
    decide,
)

PASSING = EngineFailed("out of memory").failure()
LASTING = ModelUnavailable("no such model").failure()
MOST = 1 - 2**-53
"""The largest number that a uniform random source gives."""


def test_what_another_try_cannot_help_is_given_up_at_once() -> None:
    assert decide(RetryPolicy(), 1, LASTING, 0.5) == GiveUp(LASTING)


def test_the_last_attempt_that_fails_is_given_up_with_its_failure() -> None:
    policy = RetryPolicy(attempts=3)
    assert isinstance(decide(policy, 2, PASSING, 0.5), RetryAt)
    assert decide(policy, 3, PASSING, 0.5) == GiveUp(PASSING)
    assert decide(policy, 4, PASSING, 0.5) == GiveUp(PASSING)


def test_a_single_attempt_is_never_repeated() -> None:
    assert decide(RetryPolicy(attempts=1), 1, PASSING, 0.5) == GiveUp(PASSING)


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60)])
def test_delays_grow_by_the_factor_up_to_the_cap(attempt: int, ceiling: float) -> None:
    verdict = decide(RetryPolicy(attempts=10), attempt, PASSING, MOST)
    assert isinstance(verdict, RetryAt)
    assert verdict.delay == pytest.approx(ceiling)


def test_jitter_spreads_a_delay_over_its_whole_range() -> None:
    policy = RetryPolicy(attempts=10)
    assert decide(policy, 4, PASSING, 0.25) == RetryAt(2.0)
    assert decide(policy, 4, PASSING, 0.75) == RetryAt(6.0)


def test_no_jitter_makes_a_retry_come_at_once() -> None:
    assert decide(RetryPolicy(), 1, PASSING, 0.0) == RetryAt(SHORTEST_DELAY)


def test_a_patient_policy_still_has_an_answer_after_a_million_attempts() -> None:
    assert decide(RetryPolicy(attempts=10**7), 10**6, PASSING, 0.5) == RetryAt(30.0)


def test_whoever_says_when_to_come_back_is_not_asked_sooner() -> None:
    busy = EngineFailed("too many requests", retry_after=90.0).failure()
    assert decide(RetryPolicy(), 1, busy, 0.0) == RetryAt(90.0)


def test_those_who_are_told_the_same_time_do_not_all_come_back_at_that_moment() -> None:
    busy = EngineFailed("too many requests", retry_after=90.0).failure()
    assert decide(RetryPolicy(), 1, busy, 0.25) == RetryAt(90.25)
    assert decide(RetryPolicy(), 1, busy, 0.75) == RetryAt(90.75)


def test_a_time_to_come_back_makes_no_failure_worth_repeating() -> None:
    lasting = Failure("model_unavailable", "no such model", retry_after=5.0)
    assert decide(RetryPolicy(), 1, lasting, 0.5) == GiveUp(lasting)


def test_an_absurd_time_to_come_back_is_cut_to_a_day() -> None:
    busy = EngineFailed("too many requests", retry_after=1e12).failure()
    assert decide(RetryPolicy(), 1, busy, 0.0) == RetryAt(MAX_RETRY_AFTER)


def test_failures_stored_before_this_was_known_are_still_read() -> None:
    stored = b'{"code":"engine_failed","message":"out of memory","retryable":true}'
    assert msgspec.json.decode(stored, type=Failure) == PASSING
