"""Who is started again, who goes along, and who is told when it happens too often."""

from __future__ import annotations

import pytest

from actors.runtime.api import NORMAL
from actors.supervision.restarts import Backoff, Intensity
from retender.errors import ActorGone
from tests.support.actors.supervised_children import Family, settle, under, worker
from tests.support.actors.virtual_time import VirtualClock


async def test_children_start_in_order_and_stop_in_reverse(family: Family) -> None:
    root = await family.found(worker("a"), worker("b"), worker("c"))
    assert await family.notes() == ["a up", "b up", "c up"]
    assert await root.stop(10.0) == NORMAL
    assert await family.notes() == ["c down", "b down", "a down"]


async def test_a_child_that_does_not_start_fails_its_supervisor(family: Family) -> None:
    await family.teach("c", "fails")
    with pytest.raises(ActorGone, match="c did not start: LookupError: no model"):
        await family.found(worker("a"), worker("b"), worker("c"), worker("d"))
    assert await family.notes() == ["a up", "b up", "b down", "a down"]


async def test_a_crashed_child_is_started_again_and_its_siblings_never_notice(
    family: Family,
) -> None:
    await family.found(worker("a"), worker("b"), worker("c"))
    await family.notes()
    family.crash("b")
    await settle()
    assert await family.notes() == ["b crashed: LookupError: boom", "b up"]
    assert await family.alive("b")


async def test_under_rest_for_one_those_after_it_go_and_come_with_it(family: Family) -> None:
    children = [worker(name) for name in "abcd"]
    await family.found(*children, strategy="rest_for_one")
    await family.notes()
    family.crash("b")
    await settle()
    notes = [note for note in await family.notes() if note.endswith((" up", " down"))]
    assert notes == ["d down", "c down", "b up", "c up", "d up"]


async def test_under_one_for_all_everybody_goes_and_comes_with_it(family: Family) -> None:
    await family.found(*(worker(name) for name in "abc"), strategy="one_for_all")
    await family.notes()
    family.crash("b")
    await settle()
    notes = [note for note in await family.notes() if note.endswith((" up", " down"))]
    assert notes == ["c down", "a down", "a up", "b up", "c up"]


async def test_a_temporary_sibling_that_has_to_go_along_does_not_come_back(family: Family) -> None:
    await family.found(
        worker("a"), worker("b", restart="temporary"), worker("c"), strategy="one_for_all"
    )
    family.crash("a")
    await settle()
    assert [child.name for child in (await family.tree()).children] == ["a", "c"]


@pytest.mark.parametrize(
    ("restart", "after_its_end", "after_a_crash"),
    [
        ("permanent", "running", "running"),
        ("transient", "stopped", "running"),
        ("temporary", "forgotten", "forgotten"),
    ],
)
async def test_a_child_comes_back_as_its_spec_has_it(
    family: Family, restart: str, after_its_end: str, after_a_crash: str
) -> None:
    await family.found(worker("ends", restart=restart), worker("crashes", restart=restart))
    family.finish("ends")
    family.crash("crashes")
    await settle()
    states = {child.name: child.state for child in (await family.tree()).children}
    assert states.get("ends", "forgotten") == after_its_end
    assert states.get("crashes", "forgotten") == after_a_crash


async def test_a_child_that_ends_itself_begins_anew_at_once_as_often_as_it_likes(
    family: Family,
) -> None:
    """Not even one crash is allowed here, and a child that crashes has a long time to wait."""
    slow = Backoff(first=1000.0, cap=1000.0)
    await family.found(worker("a", backoff=slow), intensity=Intensity(0, within=60.0))
    for _ in range(5):
        await settle(1.5)
        family.finish("a", "the model is given up")
        await settle()
        assert await family.alive("a")
    child = await family.child("a")
    assert (child.state, child.restarts) == ("running", 0)
    assert child.cause == "the model is given up"


async def test_a_child_that_ends_itself_over_and_over_is_taken_for_a_failing_one(
    family: Family,
) -> None:
    root = await family.found(worker("a"), intensity=Intensity(2, within=60.0))
    for _ in range(3):
        family.finish("a", "in vain")
        await settle()
    exit_ = await root.exited()
    assert exit_.reason == "crashed"
    assert exit_.cause.endswith("in vain")


async def test_more_crashes_than_allowed_take_the_supervisor_down_with_the_cause(
    family: Family,
) -> None:
    root = await family.found(worker("a"), worker("b"), intensity=Intensity(2, within=60.0))
    for _ in range(3):
        await family.notes()
        family.crash("b", text="out of memory")
        await settle()
    exit_ = await root.exited()
    assert exit_.reason == "crashed"
    assert exit_.cause.startswith("ChildFailed: b ")
    assert exit_.cause.endswith("2 times in 60 s: LookupError: out of memory")
    notes = await family.notes()
    assert notes == ["b crashed: LookupError: out of memory", "a down", "a normal: "]


async def test_a_supervisor_that_gives_up_stops_the_others_in_reverse(family: Family) -> None:
    children = [worker(name) for name in "abcd"]
    root = await family.found(*children, intensity=Intensity(0))
    await family.notes()
    family.crash("c")
    await root.exited()
    notes = [note for note in await family.notes() if note.endswith(" down")]
    assert notes == ["d down", "b down", "a down"]


async def test_crashes_that_are_far_apart_are_borne_for_ever(family: Family) -> None:
    await family.found(worker("a"), intensity=Intensity(2, within=60.0))
    for _ in range(20):
        family.crash("a")
        await settle(31.0)
    assert await family.alive("a")
    assert (await family.child("a")).restarts == 20


async def test_crashes_of_all_children_count_together(family: Family) -> None:
    root = await family.found(worker("a"), worker("b"), intensity=Intensity(1))
    family.crash("a")
    await settle()
    family.crash("b")
    assert "b has died" in (await root.exited()).cause


async def test_a_child_with_an_intensity_of_its_own_is_counted_alone(family: Family) -> None:
    fragile = worker("fragile", intensity=Intensity(10))
    await family.found(worker("a"), fragile, intensity=Intensity(1))
    for _ in range(5):
        family.crash("fragile")
        await settle()
    family.crash("a")
    await settle()
    assert await family.alive("a")
    assert await family.alive("fragile")


async def test_the_cause_is_kept_through_every_level(family: Family) -> None:
    lower = under("lower", worker("w"), intensity=Intensity(1))
    upper = under("upper", lower, intensity=Intensity(1))
    root = await family.found(upper, intensity=Intensity(0))
    for _ in range(4):
        family.crash("w", text="bad model")
        await settle()
    cause = (await root.exited()).cause
    assert [name in cause for name in ("upper has", "lower has", "w has")] == [True] * 3
    assert cause.endswith("LookupError: bad model")


async def test_a_level_that_recovers_shields_those_above_it(family: Family) -> None:
    lower = under("lower", worker("w"), intensity=Intensity(0))
    await family.found(lower, worker("a"), intensity=Intensity(1))
    await family.notes()
    family.crash("w")
    await settle()
    assert "w up" in await family.notes()
    assert (await family.child("lower")).restarts == 1
    assert "LookupError: boom" in (await family.child("lower")).cause


async def test_a_failing_restart_counts_as_another_crash(family: Family) -> None:
    root = await family.found(worker("a"), intensity=Intensity(3))
    await family.teach("a", "fails")
    family.crash("a")
    assert (await root.exited()).cause.endswith("3 times in 60 s: LookupError: no model")
    told = ["a up", "a crashed: LookupError: boom"]
    assert await family.notes() == told, "only the end of what had started is told of"


async def test_pauses_between_restarts_grow_and_the_supervisor_answers_meanwhile(
    family: Family, virtual_clock: VirtualClock
) -> None:
    patient = worker("a", backoff=Backoff(first=10.0, factor=2.0, cap=30.0))
    await family.found(patient, intensity=Intensity(9, within=3600.0))
    pauses = []
    for _ in range(4):
        family.crash("a")
        await settle()
        before = await family.child("a")
        assert before.state == "restarting"
        down_at = virtual_clock.monotonic()
        while (await family.child("a")).state != "running":
            await settle(0.1)
        pauses.append(virtual_clock.monotonic() - down_at)
    shares = [pause / due for pause, due in zip(pauses, (10, 20, 30, 30), strict=True)]
    assert all(0.5 <= share <= 1.05 for share in shares)
    assert len({round(share, 1) for share in shares}) > 1, "they leave something to chance"


async def test_setting_the_wall_clock_neither_hastens_nor_forgives(
    family: Family, virtual_clock: VirtualClock
) -> None:
    root = await family.found(worker("a"), intensity=Intensity(1, within=60.0))
    family.crash("a")
    await settle()
    virtual_clock.shift(86400.0)
    family.crash("a")
    assert (await root.exited()).reason == "crashed"


REPORTED = {"on_exhausted": "report", "intensity": Intensity(1), "cool_down": 300.0}


async def test_a_reported_child_is_left_down_with_its_cause_and_its_siblings_live_on(
    family: Family,
) -> None:
    await family.found(worker("a"), worker("sync", **REPORTED), intensity=Intensity(0))
    await family.notes()
    for _ in range(2):
        family.crash("sync", text="no network")
        await settle()
    await settle(299.0)
    sync = await family.child("sync")
    assert (sync.state, sync.cause) == ("exhausted", "LookupError: no network")
    assert not await family.alive("sync")
    assert await family.alive("a")
    assert "a down" not in await family.notes()


async def test_a_reported_child_is_tried_again_after_the_cool_down(family: Family) -> None:
    await family.found(worker("sync", **REPORTED))
    for _ in range(2):
        family.crash("sync")
        await settle()
    await settle(301.0)
    assert (await family.child("sync")).state == "running"
    assert (await family.child("sync")).cause == "LookupError: boom"
    family.crash("sync")
    await settle()
    assert await family.alive("sync"), "after the cool-down it has all its restarts again"


async def test_a_reported_child_that_never_starts_keeps_nobody_from_starting(
    family: Family,
) -> None:
    await family.teach("sync", "fails")
    await family.found(worker("sync", **REPORTED), worker("a"))
    assert await family.alive("a")
    await settle(1.0)
    assert (await family.child("sync")).state == "exhausted"
    await family.teach("sync", "")
    await settle(301.0)
    assert await family.alive("sync")


async def test_a_child_that_others_go_with_cannot_be_left_down(family: Family) -> None:
    with pytest.raises(ActorGone, match="sync cannot be left down"):
        await family.found(worker("sync", **REPORTED), strategy="one_for_all")


async def test_two_children_cannot_have_one_name(family: Family) -> None:
    with pytest.raises(ActorGone, match="there is a child named a already"):
        await family.found(worker("a"), worker("a"))
