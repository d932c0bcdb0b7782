"""What a conformance test is given: a runtime, and a way to start actors on the host under test."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

from actors.runtime.api import Child, Recipe, Ref, Spawn
from actors.runtime.cluster.ray_host import RAY, RayRuntime, TreeLocation
from actors.runtime.local import LocalRuntime
from actors.runtime.process.host import ProcessHost
from retender.errors import RetenderError
from tests.conformance.cast import DEADLINE, FixedClock, Player, Witness
from tests.simulation.faults import Chances, Fate, FaultyRuntime
from tests.support.actors.virtual_time import VirtualClock

T = TypeVar("T")


def new_runtime(seed: int = 7) -> LocalRuntime:
    hosts = {"process": ProcessHost(Recipe.of(FixedClock))}
    return LocalRuntime(FixedClock(), seed=seed, hosts=hosts)


def new_sim(seed: int = 7) -> LocalRuntime:
    """The simulation's runtime while nothing goes wrong."""
    loop = asyncio.get_running_loop()
    return FaultyRuntime(VirtualClock(loop), seed, Fate(Random(seed), Chances()))


def new_cluster_runtime(seed: int = 7, namespace: str = "") -> RayRuntime:
    """On the Ray of this test process, apart from those of other tests."""
    place = TreeLocation.of(namespace or uuid.uuid4().hex, "witness", Recipe.of(FixedClock))
    return RayRuntime(place, seed=seed)


def another_runtime(host: str, seed: int) -> LocalRuntime:
    return new_cluster_runtime(seed) if host == RAY else new_runtime(seed)


class Stage:
    def __init__(self, runtime: LocalRuntime, host: str, hosts: tuple[str, ...]) -> None:
        """`hosts` are all that this runtime has; `host` is the one under test."""
        self.runtime = runtime
        self.host = host
        self.hosts = hosts
        self._children: list[Child] = []

    async def start(
        self,
        actor: type | str = Player,
        name: str = "player",
        *,
        mailbox: int = 1000,
        host: str = "",
        **options: Any,
    ) -> Child:
        recipe = Recipe(actor, options) if isinstance(actor, str) else Recipe.of(actor, **options)
        spec = Spawn(name, recipe, host or self.host, mailbox)
        child = await self.runtime.spawn(spec)
        self._children.append(child)
        return child

    def player(self, name: str = "player") -> Ref[Player]:
        return self.runtime.ref(Player, name).within(DEADLINE)

    @property
    def witness(self) -> Ref[Witness]:
        return self.runtime.ref(Witness, "witness").within(DEADLINE)

    async def sees(self, what: str) -> None:
        await self.witness.ask(Witness.sees, what)

    async def noted(self) -> list[str]:
        return await self.witness.ask(Witness.noted)

    async def open(self, gate: str) -> None:
        await self.witness.ask(Witness.open, gate)

    async def clear(self) -> None:
        for child in reversed(self._children):
            await child.kill()
        if isinstance(self.runtime, RayRuntime):
            await self.runtime.close()

    async def dropped(self, name: str, at_least: int) -> None:
        """Returns once so many tells to this name have found no place."""
        async with asyncio.timeout(DEADLINE):
            while self.runtime.dropped.get(name, 0) < at_least:  # noqa: ASYNC110 - it is another process' doing
                await asyncio.sleep(0.005)
            assert self.runtime.dropped[name] == at_least


async def begun(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """The work as a task that has done its first step: an ask in it is on its way."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    return task


class Kept:
    """A reply that keeps what it was given."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def answer(self, value: Any) -> None:
        self.outcome.set_result(value)

    def fail(self, error: RetenderError) -> None:
        self.outcome.set_exception(error)
