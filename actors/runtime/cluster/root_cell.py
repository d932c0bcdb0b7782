"""The process of a tree's root, above which there is nobody: it sees to its own end.

Whoever is to serve a tree asks what it was made from, and makes it anew where that has changed. A
tree that nobody serves any more ends in order: what it had to do is in the journal, for the next.
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
"""The likeness of a root that is about to end: there is none that it could be taken for."""


class RootCell(Cell, ABC):
    def __init__(
        self, birth: StartChild, runtime: Callable[[Tell], LocalRuntime], likeness: bytes
    ) -> None:
        super().__init__(birth, runtime)
        self._likeness = likeness
        self._afterwards = asyncio.create_task(self._go())
        self._desertion = self._from_now()
        self._end: asyncio.Task[None]

    async def likeness(self) -> bytes:
        """What it is known by."""
        return self._likeness

    async def attend(self) -> None:
        """Somebody serves this tree."""
        self._desertion.cancel()
        self._desertion = self._from_now()

    async def stop(self) -> None:
        self._likeness = ENDING
        await super().stop()

    async def total_dropped(self) -> dict[str, int]:
        return self.dropped

    @abstractmethod
    def _vanish(self) -> None:
        """The process ends, and its name is free."""

    @abstractmethod
    def _stand_up_again(self) -> None:
        """The process ends, and another takes its place."""

    def _from_now(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(UNATTENDED_SECONDS, self._be_deserted)

    def _be_deserted(self) -> None:
        logger.warning("nobody has served this tree for {:g} s: it ends", UNATTENDED_SECONDS)
        self._end = asyncio.create_task(self.stop())

    async def _go(self) -> None:
        """Not at once: whoever has it stopped is to be answered, and one that gives up again and
        again must not do so without a pause."""
        exit_ = await self.ended()
        self._likeness = ENDING
        if not exit_.normal:
            logger.error("the tree gives up, and is started anew: {}", exit_.cause)
        await asyncio.sleep(ROOT_PAUSE_SECONDS)
        if exit_.normal:
            self._vanish()
        else:
            self._stand_up_again()
