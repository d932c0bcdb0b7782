"""Whatever happens to a family, in whatever order, it is whole again once it is left in peace."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.api import Recipe, Spawn
from actors.runtime.local import LocalRuntime
from actors.supervision.children import ChildSpec, Strategy
from actors.supervision.restarts import Backoff, Intensity
from retender.errors import RetenderError
from tests.support.actors.supervised_children import DIARY, Diary, Family, Foreman, settle, worker
from tests.support.actors.virtual_time import VirtualClock, VirtualTimeLoop

NAMES = ("a", "b", "c", "d")
TIRELESS = Intensity(restarts=100_000)

Event = tuple[str, str]

events = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(("crash", "restart", "stop", "start", "finish")), st.sampled_from(NAMES)
        ),
        st.tuples(
            st.sampled_from(("hangs", "fails", "dawdles", "dies", "")), st.sampled_from(NAMES)
        ),
        st.tuples(st.just("wait"), st.sampled_from(("0", "0.001", "0.3", "7"))),
    ),
    max_size=40,
)


class Storm:
    """Sends events without waiting for what comes of them, and knows who is to be there then."""

    def __init__(self, family: Family) -> None:
        self._family = family

    async def befall(self, event: Event) -> None:
        what, whom = event
        match what:
            case "crash":
                self._family.crash(whom)
            case "finish":
                self._family.finish(whom)
            case "restart":
                self._family.root.tell(Foreman.restart_child, whom, "on request")
            case "stop":
                self._family.root.tell(Foreman.stop_child, whom)
            case "start":
                self._family.root.tell(Foreman.start_child, member(whom))
            case "wait":
                await asyncio.sleep(float(whom))
            case manner:
                await self._family.teach(whom, manner)

    async def calm(self) -> list[str]:
        """Heal all; a child that does not answer is killed, one that was stopped is added again."""
        for name in NAMES:
            await self._family.teach(name, "")
        await settle(120.0)
        for child in (await self._family.tree()).children:
            if child.state != "running" or not await self._family.alive(child.name):
                await self._family.root.ask(Foreman.restart_child, child.name, "it hangs")
                await settle(120.0)
        for name in NAMES:
            try:
                await self._family.root.ask(Foreman.start_child, member(name))
            except RetenderError as error:
                assert "already" in error.message  # noqa: PT017 - the others are there
        return sorted(
            child.name for child in (await self._family.tree()).children if child.state == "running"
        )


@pytest.mark.parametrize("strategy", ["one_for_one", "rest_for_one", "one_for_all"])
@given(story=events)
def test_a_family_left_in_peace_is_whole_again(strategy: Strategy, story: list[Event]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        runtime = LocalRuntime(VirtualClock(loop), seed=1)
        await runtime.spawn(Spawn(DIARY, Recipe.of(Diary)))
        family = Family(runtime)
        root = await family.found(*map(member, NAMES), strategy=strategy, intensity=TIRELESS)
        storm = Storm(family)
        for event in story:
            await storm.befall(event)
        assert await storm.calm() == sorted(NAMES)
        assert [await family.alive(name) for name in NAMES] == [True] * 4
        assert (await root.stop(60.0)).normal
        assert [await family.alive(name) for name in NAMES] == [False] * 4
        assert loop.mishaps == []

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(main())


def member(name: str) -> ChildSpec:
    return worker(name, grace=1.0, backoff=Backoff(first=0.1, cap=2.0))
