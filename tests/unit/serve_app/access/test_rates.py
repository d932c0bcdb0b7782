from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serve_app.access.rates import MINUTE, Rate, network_of


def test_so_many_at_once_and_no_more() -> None:
    rate = Rate(3)
    assert [rate.wait("ana", 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rate.wait("ana", 0.0) > 0


def test_who_comes_back_when_told_is_let_in() -> None:
    rate = Rate(3)
    while not (wait := rate.wait("ana", 100.0)):
        pass
    assert rate.wait("ana", 100.0 + wait / 2) > 0
    assert rate.wait("ana", 100.0 + wait) == 0.0


def test_one_caller_does_not_use_up_what_is_anothers() -> None:
    rate = Rate(1)
    assert rate.wait("ana", 0.0) == 0.0
    assert rate.wait("ana", 0.0) > 0
    assert rate.wait("ben", 0.0) == 0.0


def test_without_a_rate_everyone_comes_in_and_nothing_is_kept() -> None:
    rate = Rate(0)
    assert all(rate.wait("ana", 0.0) == 0.0 for _ in range(1000))
    assert len(rate) == 0


def test_what_is_kept_of_callers_is_bounded() -> None:
    rate = Rate(1, most=10)
    for n in range(100):
        rate.wait(f"caller-{n}", 0.0)
    assert len(rate) == 10
    assert rate.wait("caller-99", 0.0) > 0


def test_who_has_been_quiet_for_a_minute_is_forgotten() -> None:
    rate = Rate(5)
    for n in range(50):
        rate.wait(f"caller-{n}", 0.0)
    rate.wait("late", MINUTE)
    assert len(rate) == 1


@given(st.integers(1, 50), st.lists(st.floats(0.0, 5.0), max_size=200))
def test_in_no_minute_are_more_let_in_than_twice_the_rate(rate: int, pauses: list[float]) -> None:
    """A full bucket, and what flows in meanwhile."""
    bucket, now, let_in = Rate(rate), 0.0, []
    for pause in pauses:
        now += pause
        if not bucket.wait("ana", now):
            let_in.append(now)
    for start in let_in:
        assert sum(start <= at <= start + MINUTE for at in let_in) <= 2 * rate


def test_addresses_of_one_ipv6_network_are_one_caller() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
