from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retender.rates import MINUTE, Counted, Rate, Rates


def test_so_many_at_once_and_no_more() -> None:
    rate = Rate(3, 1000)
    assert [rate.wait("ana", 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rate.wait("ana", 0.0) > 0


def test_who_comes_back_when_told_is_let_in() -> None:
    rate = Rate(3, 1000)
    while not (wait := rate.wait("ana", 100.0)):
        pass
    assert rate.wait("ana", 100.0 + wait / 2) > 0
    assert rate.wait("ana", 100.0 + wait) == 0.0


def test_one_caller_does_not_use_up_what_is_anothers() -> None:
    rate = Rate(1, 1000)
    assert rate.wait("ana", 0.0) == 0.0
    assert rate.wait("ana", 0.0) > 0
    assert rate.wait("ben", 0.0) == 0.0


def test_without_a_rate_everyone_comes_in_and_nothing_is_kept() -> None:
    rate = Rate(0, 1000)
    assert all(rate.wait("ana", 0.0) == 0.0 for _ in range(1000))
    assert len(rate) == 0


def test_what_is_kept_of_callers_is_bounded() -> None:
    rate = Rate(1, 10)
    for n in range(100):
        rate.wait(f"caller-{n}", 0.0)
    assert len(rate) == 10
    assert rate.wait("caller-99", 0.0) > 0


def test_who_has_been_quiet_for_a_minute_is_forgotten() -> None:
    rate = Rate(5, 1000)
    for n in range(50):
        rate.wait(f"caller-{n}", 0.0)
    rate.wait("late", MINUTE)
    assert len(rate) == 1


@given(st.integers(1, 50), st.lists(st.floats(0.0, 5.0), max_size=200))
def test_in_no_minute_are_more_let_in_than_twice_the_rate(rate: int, pauses: list[float]) -> None:
    """A full bucket, and what flows in meanwhile."""
    bucket, now, let_in = Rate(rate, 1000), 0.0, []
    for pause in pauses:
        now += pause
        if not bucket.wait("ana", now):
            let_in.append(now)
    for start in let_in:
        assert sum(start <= at <= start + MINUTE for at in let_in) <= 2 * rate


def test_each_kind_of_request_is_counted_by_itself() -> None:
    rates = Rates({"submission": 1}, 1000)
    assert rates.wait(Counted.SUBMISSION, "ana", 0.0) == 0.0
    assert rates.wait(Counted.SUBMISSION, "ana", 0.0) > 0
    assert all(rates.wait(Counted.WRONG_KEY, "ana", 0.0) == 0.0 for _ in range(100))
