"""What happens when things happen at the wrong moment."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.api import NORMAL, Recipe, Spawn
from actors.supervision.children import Strategy
from actors.supervision.restarts import Backoff, Intensity
from retender.errors import ActorGone
from tests.support.actors.supervised_children import Family, Foreman, settle, under, worker

SLOW = Backoff(first=60.0, cap=60.0)


async def test_a_child_is_not_started_before_the_one_before_it_has_started(family: Family) -> None:
    await family.teach("b", "hangs")
    founding = asyncio.ensure_future(family.found(worker("a"), worker("b"), worker("c")))
    await settle(60.0)
    assert await family.notes() == ["a up", "b hangs"]
    founding.cancel()
    await settle()
    assert not await family.alive("a"), "a start that is called off leaves no child behind"


async def test_a_child_that_is_only_reported_on_keeps_nobody_from_starting_nor_from_being_helped(
    family: Family,
) -> None:
    await family.teach("b", "hangs")
    root = await family.found(worker("a"), worker("b", on_exhausted="report"), worker("c"))
    await settle()
    assert sorted(await family.notes()) == ["a up", "b hangs", "c up"]
    family.crash("a")
    await settle()
    assert (await family.notes())[-1] == "a up"
    states = [child.state for child in (await family.tree()).children]
    assert states == ["running", "starting", "running"]
    assert await root.stop(10.0) == NORMAL
    assert not await family.alive("b")


async def test_all_who_die_at_the_same_moment_come_back_each_counted(family: Family) -> None:
    await family.found(*(worker(name) for name in "abc"), intensity=Intensity(3))
    await family.notes()
    family.crash("a", "b", "c")
    await settle()
    notes = [note for note in await family.notes() if note.endswith(" up")]
    assert sorted(notes) == ["a up", "b up", "c up"]
    family.crash("a")
    await settle()
    assert not await family.alive("a")


async def test_those_who_go_together_and_die_together_count_once(family: Family) -> None:
    await family.found(
        *(worker(name) for name in "abc"), strategy="one_for_all", intensity=Intensity(1)
    )
    await family.notes()
    family.crash("a", "b", "c")
    await settle()
    notes = [note for note in await family.notes() if note.endswith(" up")]
    assert notes == ["a up", "b up", "c up"]


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
async def test_a_death_while_others_are_still_being_restarted_begins_it_all_anew(
    family: Family, strategy: Strategy
) -> None:
    await family.found(*(worker(name) for name in "abc"), strategy=strategy)
    await family.teach("b", "hangs")
    await family.notes()
    family.crash("a")
    await settle()
    assert (await family.notes())[-1] == "b hangs"
    await family.teach("b", "")
    family.crash("a")
    await settle()
    assert [note for note in await family.notes() if note.endswith(" up")] == [
        "a up",
        "b up",
        "c up",
    ]
    states = [child.state for child in (await family.tree()).children]
    assert states == ["running"] * 3


async def test_a_sibling_that_dies_while_it_is_being_stopped_is_not_counted(
    family: Family,
) -> None:
    children = [worker(name) for name in "abc"]
    await family.found(*children, strategy="one_for_all", intensity=Intensity(1))
    await family.teach("b", "dies")
    family.crash("a")
    await settle()
    assert [child.state for child in (await family.tree()).children] == ["running"] * 3


async def test_a_child_that_dies_during_the_stop_does_not_keep_the_others_from_theirs(
    family: Family,
) -> None:
    root = await family.found(worker("a"), worker("b"), worker("c"))
    await family.teach("b", "dies")
    await family.notes()
    assert await root.stop(10.0) == NORMAL
    assert await family.notes() == ["c down", "a down"]


async def test_a_child_that_dawdles_is_killed_when_its_grace_is_over(family: Family) -> None:
    root = await family.found(worker("a"), worker("b", grace=20.0))
    await family.teach("b", "dawdles")
    await family.notes()
    stopped = asyncio.ensure_future(root.stop(100.0))
    await settle(19.0)
    assert await family.notes() == []
    await settle(2.0)
    assert await family.notes() == ["a down"]
    assert await stopped == NORMAL


async def test_a_stop_during_a_pause_is_the_end_of_it(family: Family) -> None:
    root = await family.found(worker("a"), worker("b", backoff=SLOW))
    family.crash("b")
    await settle()
    await family.notes()
    assert await root.stop(10.0) == NORMAL
    await settle(600.0)
    assert await family.notes() == ["a down"]


async def test_a_stop_calls_off_a_restart_under_way(family: Family) -> None:
    root = await family.found(worker("a"), worker("b"))
    await family.teach("b", "hangs")
    family.crash("b")
    await settle()
    await family.notes()
    assert await root.stop(10.0) == NORMAL
    assert await family.notes() == ["a down"]
    assert not await family.alive("b")


async def test_an_old_pause_does_not_hasten_a_newcomer_of_the_same_name(family: Family) -> None:
    await family.found()
    await family.root.ask(Foreman.start_child, worker("w", backoff=SLOW))
    family.crash("w")
    await settle()
    await family.root.ask(Foreman.stop_child, "w")
    later = Backoff(first=3600.0, cap=3600.0)
    await family.root.ask(Foreman.start_child, worker("w", backoff=later))
    family.crash("w")
    await settle(61.0)
    assert (await family.child("w")).state == "restarting"
    assert not await family.alive("w")


async def test_a_child_that_is_asked_to_go_does_not_come_back_with_the_others(
    family: Family,
) -> None:
    await family.found(worker("a"), worker("b"), strategy="one_for_all")
    await family.teach("b", "dawdles")
    family.root.tell(Foreman.stop_child, "b")
    await settle(1.0)
    family.crash("a")
    await settle(60.0)
    assert [child.name for child in (await family.tree()).children] == ["a"]
    assert await family.alive("a")


async def test_a_supervisor_that_gives_up_calls_off_the_start_of_a_newcomer(
    family: Family,
) -> None:
    root = await family.found(worker("a"), intensity=Intensity(0))
    await family.teach("b", "hangs")
    added = asyncio.ensure_future(family.root.ask(Foreman.start_child, worker("b")))
    await settle()
    family.crash("a")
    assert (await root.exited()).cause.endswith("LookupError: boom")
    with pytest.raises(ActorGone):
        await added
    assert not await family.alive("b")


async def test_a_supervisor_gives_up_whatever_trouble_its_subclass_has_with_it(
    family: Family,
) -> None:
    root = await family.found(worker("a"), intensity=Intensity(0))
    await family.teach("root", "stumbles")
    family.crash("a")
    assert (await root.exited()).cause.startswith("ChildFailed: a ")


async def test_a_killed_supervisor_leaves_no_child_alive(family: Family) -> None:
    root = await family.found(worker("a"), under("lower", worker("b"), worker("c")))
    await root.kill()
    assert [await family.alive(name) for name in ("a", "lower", "b", "c")] == [False] * 4


async def test_a_crashed_supervisor_leaves_no_child_alive_and_starts_afresh(
    family: Family,
) -> None:
    await family.found(under("lower", worker("a"), worker("b")))
    await family.notes()
    family.runtime.ref(Foreman, "lower").tell(Foreman.crash)
    await settle()
    notes = await family.notes()
    assert notes == ["lower crashed: LookupError: a bug in the foreman", "a up", "b up"]


async def test_a_killed_supervisor_calls_off_a_restart_under_way(family: Family) -> None:
    root = await family.found(worker("a"), worker("b"))
    await family.teach("b", "hangs")
    family.crash("b")
    await settle()
    await root.kill()
    again = await family.runtime.spawn(Spawn("b", Recipe.of(Foreman)))
    assert again.name == "b", "the name is free again"
    await again.kill()
