"""What a supervisor can be asked: to add, stop and restart children, and to describe them."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.api import NORMAL
from actors.supervision.restarts import Backoff, Intensity
from actors.supervision.supervisor import Supervisor
from retender.errors import ActorGone, Draining, Refusal
from tests.support.actors.supervised_children import Family, Foreman, settle, under, worker
from tests.support.actors.virtual_time import EPOCH, VirtualClock

SLOW = Backoff(first=60.0, cap=60.0)


async def test_a_child_can_be_added_and_is_looked_after_like_the_others(family: Family) -> None:
    await family.found(worker("a"))
    await family.root.ask(Foreman.start_child, worker("b"))
    assert await family.alive("b")
    family.crash("b")
    await settle()
    assert await family.alive("b")


async def test_an_added_child_that_does_not_start_is_not_kept_and_the_asker_is_told_why(
    family: Family,
) -> None:
    await family.found(worker("a"), intensity=Intensity(0))
    await family.teach("b", "fails")
    with pytest.raises(ActorGone, match="b did not start: LookupError: no model"):
        await family.root.ask(Foreman.start_child, worker("b"))
    assert [child.name for child in (await family.tree()).children] == ["a"]


async def test_a_name_that_is_taken_is_refused_until_its_child_is_through(family: Family) -> None:
    await family.found(worker("a", restart="transient"))
    with pytest.raises(Refusal, match="there is a child named a already"):
        await family.root.ask(Foreman.start_child, worker("a"))
    family.finish("a")
    await settle()
    await family.root.ask(Foreman.start_child, worker("a"))
    assert await family.alive("a")


async def test_a_stopped_child_ends_in_order_and_does_not_come_back(family: Family) -> None:
    await family.found(worker("a"), worker("b"))
    await family.notes()
    assert await family.root.ask(Foreman.stop_child, "b") == NORMAL
    await settle(60.0)
    assert await family.notes() == ["b down", "b normal: "]
    assert [child.name for child in (await family.tree()).children] == ["a"]


async def test_the_supervisor_answers_while_a_child_takes_its_time_to_stop(
    family: Family,
) -> None:
    await family.found(worker("a"), worker("b", grace=600.0))
    await family.teach("b", "dawdles")
    stopped = asyncio.ensure_future(family.root.ask(Foreman.stop_child, "b"))
    await settle()
    assert (await family.child("b")).state == "stopping"
    family.crash("a")
    await settle()
    assert await family.alive("a")
    assert (await stopped).reason == "killed"


async def test_stopping_a_child_that_waits_to_be_restarted_is_the_end_of_it(
    family: Family,
) -> None:
    await family.found(worker("a", backoff=SLOW))
    family.crash("a")
    await settle()
    assert await family.root.ask(Foreman.stop_child, "a") == NORMAL
    await settle(600.0)
    assert (await family.tree()).children == ()


async def test_stopping_a_child_that_is_still_starting_calls_its_start_off(
    family: Family,
) -> None:
    await family.found()
    await family.teach("a", "hangs")
    added = asyncio.ensure_future(family.root.ask(Foreman.start_child, worker("a")))
    await settle()
    await family.root.ask(Foreman.stop_child, "a")
    with pytest.raises(ActorGone, match="a did not start: its start was called off"):
        await added
    await family.teach("a", "")
    await family.root.ask(Foreman.start_child, worker("a"))


async def test_stopping_a_child_that_is_not_there_is_no_error(family: Family) -> None:
    await family.found()
    assert await family.root.ask(Foreman.stop_child, "nobody") == NORMAL


async def test_a_restart_on_request_counts_as_one_crash_for_the_reason_given(
    family: Family,
) -> None:
    root = await family.found(worker("a"), intensity=Intensity(1))
    await family.root.ask(Foreman.restart_child, "a", "it hangs")
    await settle()
    child = await family.child("a")
    assert (child.state, child.restarts, child.cause) == ("running", 1, "it hangs")
    await family.root.ask(Foreman.restart_child, "a", "it hangs again")
    assert (await root.exited()).cause.endswith(": it hangs again")


async def test_a_restart_on_request_ends_a_cool_down(family: Family) -> None:
    reported = worker("a", on_exhausted="report", intensity=Intensity(0), cool_down=3600.0)
    await family.found(reported)
    family.crash("a")
    await settle()
    assert (await family.child("a")).state == "exhausted"
    await family.root.ask(Foreman.restart_child, "a", "the network is back")
    await settle()
    assert await family.alive("a")


async def test_a_child_that_is_not_there_cannot_be_restarted(family: Family) -> None:
    await family.found()
    with pytest.raises(ActorGone, match="root has no nobody"):
        await family.root.ask(Foreman.restart_child, "nobody", "why not")


async def test_a_supervisor_that_is_giving_up_takes_no_new_children(family: Family) -> None:
    root = await family.found(worker("a"), worker("b", grace=60.0), intensity=Intensity(0))
    await family.teach("b", "dawdles")
    family.crash("a")
    await settle()
    assert (await family.tree()).state == "stopping"
    with pytest.raises(Draining, match="LookupError: boom"):
        await family.root.ask(Foreman.start_child, worker("c"))
    assert (await root.exited()).reason == "crashed"


async def test_a_subclass_is_told_of_a_death_and_its_own_trouble_changes_nothing(
    family: Family,
) -> None:
    await family.found(worker("a"))
    await family.teach("root", "stumbles")
    await family.notes()
    family.crash("a")
    await settle()
    assert await family.notes() == ["a crashed: LookupError: boom", "a up"]


async def test_a_description_shows_the_whole_tree(
    family: Family, virtual_clock: VirtualClock
) -> None:
    await settle(100.0)
    await family.found(worker("a"), under("lower", worker("b")))
    await settle(100.0)
    family.crash("b", text="bad audio")
    await settle(1.0)
    tree = await family.tree()
    assert (tree.name, tree.kind, tree.state, tree.since) == (
        "root",
        "supervisor",
        "running",
        EPOCH + 100.0,
    )
    a, lower = tree.children
    assert (a.name, a.kind, a.state, a.restarts, a.since) == (
        "a",
        "worker",
        "running",
        0,
        EPOCH + 100.0,
    )
    assert (lower.name, lower.kind, lower.state, lower.restarts) == (
        "lower",
        "supervisor",
        "running",
        0,
    )
    (b,) = lower.children
    assert (b.state, b.restarts, b.cause) == ("running", 1, "LookupError: bad audio")
    assert b.since == pytest.approx(EPOCH + 200.0, abs=0.1)


async def test_a_child_that_is_slow_to_restart_is_shown_as_such_while_others_are_served(
    family: Family,
) -> None:
    await family.found(worker("a"), worker("b"))
    await family.teach("b", "hangs")
    family.crash("b")
    await settle()
    assert (await family.child("b")).state == "restarting"
    family.crash("a")
    await settle()
    assert await family.alive("a")


async def test_a_supervisor_that_does_not_answer_is_shown_as_silent_and_holds_up_nobody(
    family: Family, virtual_clock: VirtualClock
) -> None:
    deep = under("deep", worker("c"))
    await family.found(under("lower", worker("b"), deep), under("other", worker("a")))
    family.runtime.ref(Foreman, "deep").tell(Foreman.be_busy)
    asked_at = virtual_clock.monotonic()
    lower, other = (await family.tree()).children
    assert virtual_clock.monotonic() - asked_at <= 1.0
    assert [child.state for child in lower.children] == ["running", "silent"]
    assert "did not answer" in lower.children[1].cause
    assert [child.state for child in other.children] == ["running"]


async def test_a_busy_child_does_not_keep_its_supervisor_from_describing_it(
    family: Family,
) -> None:
    await family.found(under("lower", worker("a")))
    family.runtime.ref(Foreman, "lower").tell(Foreman.be_busy)
    tree = await family.root.within(2.0).ask(Supervisor.describe)
    assert [child.state for child in tree.children] == ["silent"]
