"""The rules by which a child is started again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.api import NORMAL, Exit, Recipe
from actors.supervision.children import ChildSpec, ChildStep, Slot, affected, next_steps
from actors.supervision.restarts import (
    Backoff,
    History,
    Intensity,
    Restart,
    decide_restart,
    delay,
    streak,
)

CRASH = Exit("crashed", "boom")
KILL = Exit("killed", "killed")
THRICE = Intensity(restarts=3, within=10.0)

seconds = st.floats(0, 1e6)
backoffs = st.builds(
    lambda first, factor, more: Backoff(first, factor, first + more),
    st.floats(0, 1e3),
    st.floats(1, 1e6),
    st.floats(0, 1e6),
)


@pytest.mark.parametrize(
    ("restart", "exit_", "again"),
    [
        ("permanent", CRASH, True),
        ("permanent", KILL, True),
        ("permanent", NORMAL, True),
        ("transient", CRASH, True),
        ("transient", KILL, True),
        ("transient", NORMAL, False),
        ("temporary", CRASH, False),
        ("temporary", KILL, False),
        ("temporary", NORMAL, False),
    ],
)
def test_only_those_that_are_wanted_again_are_started_again(
    restart: Restart, exit_: Exit, again: bool
) -> None:
    ruling = decide_restart(restart, exit_, THRICE, (), now=1.0)
    assert ruling == (((1.0,), "restart") if again else ((), "rest"))


def test_as_many_restarts_as_allowed_are_borne_and_one_more_is_not() -> None:
    history: History = ()
    verdicts = []
    for now in (0.0, 1.0, 2.0, 3.0):
        history, verdict = decide_restart("permanent", CRASH, THRICE, history, now)
        verdicts.append(verdict)
    assert verdicts == ["restart", "restart", "restart", "exhausted"]


def test_an_end_that_calls_for_no_restart_is_not_counted() -> None:
    assert decide_restart("transient", NORMAL, THRICE, (1.0, 2.0, 3.0), 4.0) == (
        (1.0, 2.0, 3.0),
        "rest",
    )


def test_a_restart_counts_up_to_the_very_end_of_the_period_and_no_longer() -> None:
    assert decide_restart("permanent", CRASH, THRICE, (0.0, 1.0, 2.0), 10.0).verdict == "exhausted"
    assert decide_restart("permanent", CRASH, THRICE, (0.0, 1.0, 2.0), 10.1).verdict == "restart"


def test_where_no_restart_is_allowed_the_first_is_too_many() -> None:
    assert decide_restart("permanent", CRASH, Intensity(0, 1.0), (), 5.0).verdict == "exhausted"


def test_after_too_many_the_count_begins_anew() -> None:
    history, _ = decide_restart("permanent", CRASH, THRICE, (0.0, 1.0, 2.0), 3.0)
    assert decide_restart("permanent", CRASH, THRICE, history, 4.0) == ((4.0,), "restart")


@given(st.lists(seconds, max_size=60), st.integers(0, 6), st.floats(0.1, 1e3))
def test_no_period_ever_holds_more_restarts_than_allowed(
    times: list[float], restarts: int, within: float
) -> None:
    history: History = ()
    granted: list[float] = []
    for now in sorted(times):
        history, verdict = decide_restart(
            "permanent", CRASH, Intensity(restarts, within), history, now
        )
        if verdict == "exhausted":
            granted.clear()
            continue
        granted.append(now)
        assert sum(now - then <= within for then in granted) <= restarts
        assert len(history) <= restarts


@given(backoffs, st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_is_never_longer_than_the_cap_nor_shorter_than_half_its_due(
    backoff: Backoff, streak: int, chance: float
) -> None:
    nominal = delay(backoff, streak, 1.0)
    assert nominal <= backoff.cap
    assert nominal / 2 <= delay(backoff, streak, chance) <= nominal


@given(backoffs, st.integers(1, 100))
def test_pauses_do_not_get_shorter(backoff: Backoff, streak: int) -> None:
    assert delay(backoff, streak, 1.0) <= delay(backoff, streak + 1, 1.0)


def test_pauses_grow_from_the_first_by_the_factor_up_to_the_cap() -> None:
    backoff = Backoff(first=1.0, factor=3.0, cap=20.0)
    assert [delay(backoff, streak, 1.0) for streak in (1, 2, 3, 4, 5)] == [1, 3, 9, 20, 20]


def test_a_long_life_ends_a_streak() -> None:
    assert streak(4, uptime=10.0, intensity=THRICE) == 5
    assert streak(4, uptime=10.1, intensity=THRICE) == 1


@pytest.mark.parametrize("fields", [{"first": -1.0}, {"factor": 0.5}, {"first": 3.0, "cap": 2.0}])
def test_a_backoff_that_makes_no_sense_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no backoff"):
        Backoff(**fields)


def test_an_intensity_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="no intensity"):
        Intensity(restarts=-1)
    with pytest.raises(ValueError, match="no intensity"):
        Intensity(within=0.0)


def slot(name: str, phase: str, afterwards: str = "") -> Slot:
    spec = ChildSpec(name, Recipe("nowhere:Nobody"))
    return Slot(spec, phase, afterwards=afterwards)  # type: ignore[arg-type] # written by hand below


def plan(*slots: Slot, in_turn: bool) -> list[str]:
    return [f"{step.do} {step.slot.name}" for step in next_steps(slots, in_turn=in_turn)]


def test_in_turn_the_last_is_stopped_first_and_nothing_else_is_done_meanwhile() -> None:
    doomed = slot("a", "running", "restart"), slot("b", "due"), slot("c", "starting", "restart")
    assert plan(*doomed, in_turn=True) == ["stop c"]
    leaving = slot("a", "running", "restart"), slot("b", "due"), slot("c", "leaving", "restart")
    assert plan(*leaving, in_turn=True) == []


def test_in_turn_the_first_is_started_first_and_the_next_when_it_is_up() -> None:
    assert plan(slot("a", "due"), slot("b", "due"), in_turn=True) == ["start a"]
    assert plan(slot("a", "starting"), slot("b", "due"), in_turn=True) == []
    assert plan(slot("a", "waiting"), slot("b", "due"), in_turn=True) == []
    assert plan(slot("a", "running"), slot("b", "due"), in_turn=True) == ["start b"]
    assert plan(slot("a", "down"), slot("b", "due"), in_turn=True) == ["start b"]


def test_each_for_itself_nobody_waits_for_anybody() -> None:
    slots = slot("a", "waiting"), slot("b", "due"), slot("c", "running", "remove"), slot("d", "due")
    assert plan(*slots, in_turn=False) == ["stop c", "start b", "start d"]


def test_those_who_are_well_are_left_alone() -> None:
    assert next_steps((slot("a", "running"), slot("b", "down")), in_turn=True) == []
    assert next_steps((slot("a", "running"),), in_turn=False) == list[ChildStep]()


def test_who_goes_with_the_one_that_died_is_the_strategy() -> None:
    slots = [slot(name, "running") for name in "abc"]
    names = {
        strategy: [each.name for each in affected(strategy, slots, "b")]
        for strategy in ("one_for_one", "rest_for_one", "one_for_all")
    }
    assert names == {"one_for_one": [], "rest_for_one": ["c"], "one_for_all": ["a", "c"]}
