"""Reports on a life may come in any order, late, or when the life is long over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, NamedTuple, cast

import pytest

from actors.runtime.api import Child, Context, Exit, Recipe, Spawn
from actors.supervision.children import ChildSpec
from actors.supervision.supervisor import Supervisor

CRASH = Exit("crashed", "boom")


class Report(NamedTuple):
    seconds: float
    method: str
    args: tuple[Any, ...]


class StoppedClock:
    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0


class DeadChild:
    """Comes up and is gone at the same moment."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def exited(self) -> Exit:
        return CRASH

    async def stop(self, grace: float) -> Exit:
        return CRASH

    async def kill(self) -> Exit:
        return CRASH


class Desk:
    """A context on which the reports pile up, for the test to hand over as it likes."""

    name = "root"
    clock = StoppedClock()
    random = Random(1)

    def __init__(self) -> None:
        self.pile: list[Report] = []

    async def spawn(self, spec: Spawn) -> Child:
        return DeadChild(spec.name)

    def after(self, seconds: float, method: Callable[..., Awaitable[Any]], *args: object) -> None:
        self.pile.append(Report(seconds, method.__name__, args))

    async def cleared(self) -> list[Report]:
        """All reports that come before anything is done about them."""
        for _ in range(10):
            await asyncio.sleep(0)
        pile, self.pile = self.pile, []
        return pile


async def hand_over(supervisor: Supervisor, reports: list[Report]) -> None:
    for report in reports:
        await getattr(supervisor, report.method)(*report.args)


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def supervisor(desk: Desk) -> Supervisor:
    supervisor = Supervisor()
    await supervisor.started(cast("Context", desk))
    return supervisor


@pytest.mark.parametrize("order", [1, -1])
async def test_a_child_that_dies_the_moment_it_is_up_did_start(
    desk: Desk, supervisor: Supervisor, order: int
) -> None:
    started = await supervisor.start_child(ChildSpec("a", Recipe("nowhere:Nobody")))
    reports = await desk.cleared()
    assert len(reports) == 2
    await hand_over(supervisor, reports[::order])
    assert started.future.result() is None
    (child,) = supervisor.children()
    assert (child.state, child.cause) == ("restarting", "boom")


async def test_the_end_of_one_life_is_never_taken_for_the_end_of_the_next(
    desk: Desk, supervisor: Supervisor
) -> None:
    await supervisor.start_child(ChildSpec("a", Recipe("nowhere:Nobody")))
    up, down = await desk.cleared()
    await hand_over(supervisor, [up, down])
    (pause,) = await desk.cleared()
    await hand_over(supervisor, [pause])
    await hand_over(supervisor, [up, pause])
    (child,) = supervisor.children()
    assert (child.state, child.restarts) == ("restarting", 1)
    again_up, again_down = await desk.cleared()
    await hand_over(supervisor, [again_up, pause, up])
    assert [child.state for child in supervisor.children()] == ["running"]
    assert again_down.args[1] != down.args[1]
