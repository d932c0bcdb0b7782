"""Actors as tasks of this process, and the registry of actors by name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, Protocol, TypeVar, cast

from loguru import logger

from actors.runtime.api import KILLED, Child, Clock, Exit, Ref, Spawn
from actors.runtime.context import ActorContext
from actors.runtime.instance import Endpoint, Instance, not_started
from actors.runtime.mailbox import Call, Mailbox, Reply, describe
from actors.runtime.packing import PackedCall
from actors.runtime.reference import RoutedRef
from retender.errors import ActorGone, RetenderError

A = TypeVar("A")


class Host(Protocol):
    """Starts actors in one kind of place: this process, a child process, a cluster."""

    async def start(self, spec: Spawn, runtime: LocalRuntime) -> Child: ...


class LocalRuntime:
    """The actors of this process by name, and the delivery of messages to them."""

    def __init__(
        self, clock: Clock, *, seed: object = None, hosts: Mapping[str, Host] | None = None
    ) -> None:
        self.clock = clock
        self._random = Random(seed if isinstance(seed, str | int) else None)
        self._hosts: dict[str, Host] = {"local": LocalHost(), **(hosts or {})}
        self._endpoints: dict[str, Endpoint] = {}
        self._dropped: Counter[str] = Counter()

    @property
    def dropped(self) -> Mapping[str, int]:
        return self._dropped

    async def all_dropped(self) -> Mapping[str, int]:
        return self._dropped

    def seed_for(self, name: str) -> str:
        """The seed of one life: another each time, and the same in every run with one seed."""
        return f"{name}/{self._random.random()}"

    async def spawn(self, spec: Spawn) -> Child:
        if spec.name in self._endpoints:
            raise ValueError(f"an actor named {spec.name!r} is already alive")
        try:
            host = self._hosts[spec.host]
        except KeyError:
            known = ", ".join(sorted(self._hosts))
            raise ValueError(f"no host {spec.host!r} here; there are: {known}") from None
        return await host.start(spec, self)

    def ref(self, kind: type[A], name: str, *, sender: str = "") -> Ref[A]:  # noqa: ARG002 - kind is for the type checker
        return cast("Ref[A]", RoutedRef(self, name, sender=sender))

    def register(self, name: str, endpoint: Endpoint) -> None:
        self._endpoints[name] = endpoint

    def unregister(self, name: str, endpoint: Endpoint) -> None:
        if self._endpoints.get(name) is endpoint:
            del self._endpoints[name]

    def deliver(
        self,
        sender: str,  # noqa: ARG002 - for those who trace or disturb the traffic
        to: str,
        call: Call | PackedCall,
        reply: Reply | None,
    ) -> None:
        """Deliver a message now. All messages pass here, those of other processes too."""
        try:
            (self._endpoints.get(to) or self._elsewhere(to)).put(call, reply)
        except RetenderError as error:
            if reply is not None:
                reply.fail(error)
            else:
                self.drop(to, call.method, error.message)

    def _elsewhere(self, to: str) -> Endpoint:
        """Where messages go whose receiver is not in this process."""
        raise gone(to)

    def at_home(self, name: str) -> Endpoint | None:
        """The actor of this name in this process."""
        endpoint = self._endpoints.get(name)
        return endpoint if isinstance(endpoint, Mailbox) else None

    def drop(self, to: str, method: str, why: str) -> None:
        """Count an undelivered tell."""
        self._dropped[to] += 1
        logger.debug("dropped {}.{}: {}", to, method, why)


class LocalContext(ActorContext):
    """The context of an actor in this process; it cleans up when the actor ends."""

    def __init__(self, name: str, mailbox: Mailbox, runtime: LocalRuntime) -> None:
        seed = runtime.seed_for(name)
        super().__init__(name, mailbox, runtime, clock=runtime.clock, seed=seed)
        self._runtime = runtime
        self._children: dict[str, Child] = {}
        self._spawning: set[asyncio.Task[Any]] = set()

    async def spawn(self, spec: Spawn) -> Child:
        spawner = asyncio.current_task()
        assert spawner is not None
        self._spawning.add(spawner)
        try:
            child = await self._runtime.spawn(spec)
        finally:
            self._spawning.discard(spawner)
        # A later life takes the place of an earlier one of its name, which is over.
        self._children.pop(spec.name, None)
        self._children[spec.name] = child
        return child

    async def clean_up(self) -> None:
        """End timers and children of the actor."""
        self.silence()
        # A start that is under way is cancelled and leaves nothing behind.
        spawning = set(self._spawning)
        for spawner in spawning:
            spawner.cancel()
        if spawning:
            await asyncio.wait(spawning)
        for child in reversed(self._children.values()):
            await child.kill()


class LocalHost:
    async def start(self, spec: Spawn, runtime: LocalRuntime) -> Child:
        try:
            actor = spec.recipe.resolve()(**spec.recipe.options)
        except Exception as error:
            raise not_started(spec.name, describe(error)) from error
        return await live(spec.name, actor, spec.mailbox, runtime)


async def live(name: str, actor: object, bound: int, runtime: LocalRuntime) -> Child:
    """Let an actor that is made already live in this process."""
    mailbox = Mailbox(name, actor, bound)
    return await _LocalInstance(name, mailbox, runtime).start(mailbox)


def gone(name: str) -> ActorGone:
    return ActorGone(f"there is no {name} at the moment", retry_after=1.0)


class _LocalInstance(Instance):
    def __init__(self, name: str, mailbox: Mailbox, runtime: LocalRuntime) -> None:
        super().__init__(name, runtime)
        self._mailbox = mailbox
        self._context = LocalContext(name, mailbox, runtime)

    async def _live(self, started: asyncio.Future[None]) -> Exit:
        try:
            exit_ = await self._mailbox.run(lambda: started.set_result(None), self._context)
        except asyncio.CancelledError:
            exit_ = KILLED
        self._registry.unregister(self.name, self._mailbox)
        await self._context.clean_up()
        return exit_

    def _wind_down(self) -> None:
        self._mailbox.stop()

    def _strike(self) -> None:
        # Its children are being killed now: that must not be interrupted.
        if not self._mailbox.closed:
            self._task.cancel()
