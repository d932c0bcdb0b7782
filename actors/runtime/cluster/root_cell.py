"""The process of a tree's root. It has no parent, so it ends itself when nobody needs it.

A process that wants to serve a tree compares fingerprints, and restarts the tree if its settings or
code have changed. A tree without heartbeats of ingress processes ends in order: unfinished work is
in the journal for the next one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from loguru import logger

from actors.runtime.cluster.cell import Cell, Tell
from actors.runtime.limits import ROOT_PAUSE_SECONDS, UNATTENDED_SECONDS
from actors.runtime.local import LocalRuntime
from actors.runtime.process.frames import StartChild

ENDING = b""
"""The fingerprint of a root that is ending: it equals no other."""


class RootCell(Cell, ABC):
    def __init__(
        self, birth: StartChild, runtime: Callable[[Tell], LocalRuntime], likeness: bytes
    ) -> None:
        super().__init__(birth, runtime)
        self._likeness = likeness
        self._afterwards = asyncio.create_task(self._go())
        self._unattended_timer = self._new_timer()
        self._end: asyncio.Task[None]

    async def likeness(self) -> bytes:
        """The root's fingerprint."""
        return self._likeness

    async def attend(self) -> None:
        """A heartbeat of a process that serves this tree."""
        self._unattended_timer.cancel()
        self._unattended_timer = self._new_timer()

    async def stop(self) -> None:
        self._likeness = ENDING
        await super().stop()

    async def total_dropped(self) -> dict[str, int]:
        return self.dropped

    @abstractmethod
    def _vanish(self) -> None:
        """End the process; its name becomes free."""

    @abstractmethod
    def _restart(self) -> None:
        """End the process; Ray starts another in its place."""

    def _new_timer(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(UNATTENDED_SECONDS, self._end_unattended)

    def _end_unattended(self) -> None:
        logger.warning("nobody has served this tree for {:g} s: it ends", UNATTENDED_SECONDS)
        self._end = asyncio.create_task(self.stop())

    async def _go(self) -> None:
        """Wait for the end. Pause before the exit: a caller of `stop` must get its answer, and a
        root that fails again and again must not restart without a pause."""
        exit_ = await self.ended()
        self._likeness = ENDING
        if not exit_.normal:
            logger.error("the tree gives up, and is started anew: {}", exit_.cause)
        await asyncio.sleep(ROOT_PAUSE_SECONDS)
        if exit_.normal:
            self._vanish()
        else:
            self._restart()
