"""The root of a tree on a cluster: it is found by its name, stands up again, and ends in order."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from ray.util import list_named_actors

from actors.runtime.api import Recipe, Ref, Spawn
from actors.runtime.cluster.ray_host import RayRuntime, Root, TreeLocation
from actors.runtime.process.frames import likeness
from retender.errors import ActorGone, Unreachable
from tests.conformance.cast import DEADLINE, FixedClock, Player
from tests.conformance.ending import is_gone
from tests.conformance.household import Household

T = TypeVar("T")

ROOT = "household"

pytestmark = pytest.mark.ray


class Tree:
    """A tree of its own on the cluster, as those see it who are not of it."""

    def __init__(self) -> None:
        self._namespace = uuid.uuid4().hex
        self._roots: list[Root] = []
        self.runtime = self.another_runtime()

    def another_runtime(self) -> RayRuntime:
        return RayRuntime(TreeLocation.of(self._namespace, ROOT, Recipe.of(FixedClock)))

    async def found(self, **options: object) -> Root:
        root = await self.runtime.found(plan(**options), like(**options))
        self._roots.append(root)
        # It answers once it has started, and all that it starts with.
        await self.household.ask(Household.pid)
        return root

    @property
    def household(self) -> Ref[Household]:
        return self.runtime.ref(Household, ROOT).within(DEADLINE)

    def player(self, name: str) -> Ref[Player]:
        return self.runtime.ref(Player, name).within(DEADLINE)

    def names(self) -> set[str]:
        there = list_named_actors(all_namespaces=True)
        return {each["name"] for each in there if each["namespace"] == self._namespace}

    async def clear(self) -> None:
        for root in self._roots:
            await root.stop(0)
        await self.runtime.close()


def plan(**options: object) -> Spawn:
    return Spawn(ROOT, Recipe.of(Household, **options))


def like(**options: object) -> bytes:
    return likeness(plan(**options).recipe)


async def eventually(said: Callable[[], Awaitable[T]]) -> T:
    """The answer, once there is somebody to give it."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await said()
            except Unreachable:
                await asyncio.sleep(0.02)


@pytest.fixture
async def tree(cluster: None) -> AsyncIterator[Tree]:
    tree = Tree()
    yield tree
    await tree.clear()
    assert asyncio.all_tasks() == {asyncio.current_task()}, "a runtime has left a task behind"


async def test_a_root_founded_twice_is_one(tree: Tree) -> None:
    others = tree.another_runtime()
    first, second = await asyncio.gather(
        tree.found(beside=["son"]), others.found(plan(beside=["son"]), like(beside=["son"]))
    )
    assert await first.is_like(like(beside=["son"]))
    assert await second.is_like(like(beside=["son"]))
    assert not await second.is_like(like(beside=["son", "nephew"]))
    pid = await tree.household.ask(Household.pid)
    assert await others.ref(Household, ROOT).within(DEADLINE).ask(Household.pid) == pid
    await others.close()


async def test_a_root_is_known_by_its_likeness_alone(tree: Tree) -> None:
    await tree.runtime.found(plan(beside=["son"], witnessed=True), like(beside=["son"]))
    root = await tree.found(beside=["son"])
    assert await root.is_like(like(beside=["son"]))
    assert not await root.is_like(like(beside=["son"], witnessed=True))


async def test_one_beside_the_root_is_reached_by_its_name_from_everywhere(tree: Tree) -> None:
    """And one that is neither there nor on the cluster is gone."""
    root = await tree.found(witnessed=True, beside=["son"], apart=["daughter"])
    daughter, son = tree.player("daughter"), tree.player("son")
    assert await son.ask(Player.pid) == await tree.household.ask(Household.pid)
    assert await daughter.ask(Player.pid) != await son.ask(Player.pid)
    assert await daughter.ask(Player.ask_another, "son", "hello") == "hello"
    assert await son.ask(Player.ask_another, "daughter", "hello") == "hello"
    await daughter.ask(Player.tell_another, "son", ["one", "two"])
    assert await daughter.ask(Player.ask_another, "son", "all said") == "all said"
    assert await son.ask(Player.heard) == ["one", "two"]

    with pytest.raises(ActorGone, match="nephew"):
        await daughter.ask(Player.ask_another, "nephew", "hello")
    with pytest.raises(ActorGone, match="nephew"):
        await tree.player("nephew").ask(Player.echo, "hello")
    for teller in (daughter, son):
        await teller.ask(Player.tell_another, "nephew", ["one", "two"])
    async with asyncio.timeout(DEADLINE):
        while (await root.dropped()).get("nephew", 0) < 4:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.01)
    assert await root.dropped() == {"nephew": 4}
    assert await tree.runtime.all_dropped() == {"nephew": 4}


async def test_a_root_that_is_killed_stands_up_again_with_all_its_children(tree: Tree) -> None:
    root = await tree.found(witnessed=True, beside=["son"], apart=["daughter"])
    killed = await tree.household.ask(Household.pid)
    daughter = await tree.player("daughter").ask(Player.pid)
    pending = asyncio.ensure_future(tree.player("daughter").ask(Player.hold, "never"))
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(ActorGone):
        await pending
    await is_gone(daughter)

    pid = await eventually(lambda: tree.household.ask(Household.pid))
    assert pid != killed
    assert await eventually(lambda: tree.player("son").ask(Player.pid)) == pid
    assert await eventually(lambda: tree.player("daughter").ask(Player.pid)) not in {pid, daughter}
    assert await tree.player("daughter").ask(Player.ask_another, "son", "hello") == "hello"
    assert await root.is_like(like(witnessed=True, beside=["son"], apart=["daughter"]))


async def test_a_root_that_gives_up_is_started_anew(tree: Tree) -> None:
    await tree.found(beside=["son"])
    pid = await tree.household.ask(Household.pid)
    with pytest.raises(ActorGone, match="household"):
        await tree.household.ask(Household.give_up)
    with pytest.raises(ActorGone, match="son"):
        await tree.player("son").ask(Player.pid)
    assert await eventually(lambda: tree.player("son").ask(Player.pid)) != pid


async def test_stopping_the_root_ends_all_in_order(tree: Tree, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    root = await tree.found(witnessed=True, beside=["son"], apart=["daughter"], diary=diary)
    pids = [await tree.player(name).ask(Player.pid) for name in ("son", "daughter")]
    await root.stop(DEADLINE)
    assert diary.read_text().splitlines() == [
        *("started", "started"),
        *("stopping", "daughter: normal"),
        *("stopping", "son: normal"),
    ]
    for pid in pids:
        await is_gone(pid)
    assert tree.names() == set()
    with pytest.raises(ActorGone):
        await tree.player("son").ask(Player.pid)


async def test_a_root_whose_end_was_begun_is_taken_for_none_and_leaves_its_name(tree: Tree) -> None:
    """Though the process that had begun it is gone, and does not see to the rest."""
    root = await tree.found()
    stopping = asyncio.create_task(root.stop(DEADLINE))
    await asyncio.sleep(0)
    stopping.cancel()
    async with asyncio.timeout(DEADLINE):
        while await is_still(root, like()):  # noqa: ASYNC110 - another process does
            await asyncio.sleep(0.01)
        while ROOT in tree.names():  # noqa: ASYNC110 - another process does
            await asyncio.sleep(0.1)


async def is_still(root: Root, wanted: bytes) -> bool:
    try:
        return await root.is_like(wanted)
    except ActorGone:
        return False


async def test_after_a_root_was_stopped_another_may_be_founded(tree: Tree) -> None:
    root = await tree.found(beside=["son"])
    killed = await tree.household.ask(Household.pid)
    await root.stop(DEADLINE)
    root = await tree.found(beside=["nephew"])
    assert await root.is_like(like(beside=["nephew"]))
    assert await eventually(lambda: tree.household.ask(Household.pid)) != killed
