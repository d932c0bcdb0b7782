from __future__ import annotations

import pytest

from retender.scheduling.pool_size import Bounds, Change, Sizing, plan_change, resize

BOUNDS = Bounds(least=1, most=4, seconds_per_worker=60.0, idle_seconds=30.0)


def test_it_grows_at_once_by_the_audio_that_waits() -> None:
    assert resize(Sizing(1), BOUNDS, seconds_waiting=130.0, busy=1, now=0.0).size == 4
    assert resize(Sizing(1), BOUNDS, seconds_waiting=1.0, busy=1, now=0.0).size == 2


def test_it_keeps_within_its_bounds() -> None:
    assert resize(Sizing(1), BOUNDS, seconds_waiting=1e9, busy=4, now=0.0).size == 4
    assert resize(Sizing(1), BOUNDS, seconds_waiting=0.0, busy=0, now=1e9).size == 1


def test_it_shrinks_one_by_one_and_only_after_idling() -> None:
    sizing = Sizing(4)
    sizes = []
    for now in range(0, 100, 10):
        sizing = resize(sizing, BOUNDS, seconds_waiting=0.0, busy=1, now=float(now))
        sizes.append(sizing.size)
    assert sizes == [4, 4, 4, 3, 3, 3, 2, 2, 2, 1]


def test_work_in_between_starts_the_idling_anew() -> None:
    sizing = resize(Sizing(2), BOUNDS, seconds_waiting=0.0, busy=1, now=0.0)
    sizing = resize(sizing, BOUNDS, seconds_waiting=0.0, busy=2, now=20.0)
    sizing = resize(sizing, BOUNDS, seconds_waiting=0.0, busy=1, now=31.0)
    assert sizing.size == 2


@pytest.mark.parametrize(("least", "most"), [(3, 2), (0, 0), (-1, 1)])
def test_bounds_that_cannot_be_are_refused(least: int, most: int) -> None:
    with pytest.raises(ValueError, match="no pool can have"):
        Bounds(least=least, most=most)


def test_of_workers_too_many_the_last_go() -> None:
    assert plan_change(1, ["a", "b", "c"], busy=()) == Change(0, ("c", "b"))
    assert plan_change(3, ["a", "b", "c"], busy=()) == Change(0, ())
    assert plan_change(5, ["a", "b", "c"], busy=("a",)) == Change(2, ())


def test_nobody_is_sent_away_from_work() -> None:
    assert plan_change(1, ["a", "b", "c"], busy=("c",)) == Change(0, ("b", "a"))
    assert plan_change(1, ["a", "b", "c"], busy=("b", "c")) == Change(0, ("a",))
    assert plan_change(1, ["a", "b"], busy=("a", "b")) == Change(0, ())
