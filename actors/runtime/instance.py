"""One instance of an actor, as its parent sees it, on any host."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Protocol, Self

from loguru import logger

from actors.runtime.api import KILLED, Exit
from actors.runtime.limits import KILL_TRIES
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall
from retender.errors import ActorGone


class Endpoint(Protocol):
    """Accepts messages for one running actor."""

    def put(self, call: Call | PackedCall, reply: Reply | None) -> None:
        """Raises a `RetenderError` if the message is refused."""


class Registry(Protocol):
    def register(self, name: str, endpoint: Endpoint) -> None: ...
    def unregister(self, name: str, endpoint: Endpoint) -> None: ...


class Instance(ABC):
    """Implements `Child` around one task, `_live`, which ends when the actor is completely gone."""

    def __init__(self, name: str, registry: Registry) -> None:
        self.name = name
        self._registry = registry
        self._task: asyncio.Task[Exit]

    async def start(self, endpoint: Endpoint) -> Self:
        """Return once the actor has started; raise `ActorGone` with the cause if it did not."""
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._registry.register(self.name, endpoint)
        self._task = asyncio.create_task(self._live(started), name=self.name)
        try:
            waited: set[asyncio.Future[Any]] = {self._task, started}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.kill()
            raise
        if not started.done():
            raise not_started(self.name, self._exit().cause)
        return self

    async def exited(self) -> Exit:
        await asyncio.wait({self._task})
        return self._exit()

    async def stop(self, grace: float) -> Exit:
        self._wind_down()
        await asyncio.wait({self._task}, timeout=grace)
        return await self.kill()

    async def kill(self) -> Exit:
        for _ in range(KILL_TRIES):
            if self._task.done():
                return self._exit()
            self._strike()
            await asyncio.wait({self._task}, timeout=1.0)
        logger.error("{} does not end; it is left behind", self.name)
        return Exit("killed", "killed, but it still runs")

    @abstractmethod
    async def _live(self, started: asyncio.Future[None]) -> Exit:
        """Run the actor from start to end, then remove its name from the registry."""

    @abstractmethod
    def _wind_down(self) -> None:
        """Ask the actor to stop in order."""

    @abstractmethod
    def _strike(self) -> None:
        """Kill it. May be called again."""

    def _exit(self) -> Exit:
        return KILLED if self._task.cancelled() else self._task.result()


def not_started(name: str, cause: str) -> ActorGone:
    return ActorGone(f"{name} did not start: {cause}", cause=cause)
