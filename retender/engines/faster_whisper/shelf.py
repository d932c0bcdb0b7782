"""The models in memory: lent to whoever works with them, and the longest unused given up for one
that finds no room beside them.

Who waits for room is served before those who came later, even if what they want is there: so two
models that are asked for in turn take turns, and neither waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from loguru import logger


class Unloadable(Protocol):
    def unload(self) -> None: ...


M = TypeVar("M", bound=Unloadable)


class Shelf(Generic[M]):
    """`load` brings a model into memory, `size` tells how many bytes it will take there.

    `room` bytes are there for all of them; 0: for one at a time. A single model may be larger
    than the room: whether it fits at all was decided by who asks for it.
    """

    def __init__(
        self,
        load: Callable[[Path], Awaitable[M]],
        size: Callable[[Path], int],
        room: int = 0,
    ) -> None:
        self._load = load
        self._size = size
        self._room = room
        self._turn = asyncio.Lock()
        self._places: dict[Path, _Place[M]] = {}
        """The longest unused first."""
        self._freed = asyncio.Event()

    @property
    def held(self) -> tuple[Path, ...]:
        return tuple(self._places)

    @asynccontextmanager
    async def lend(self, folder: Path) -> AsyncIterator[M]:
        """The model of this folder, loaded if it is not there. It stays until it is given back."""
        place = await self._take(folder)
        try:
            yield place.model
        finally:
            place.users -= 1
            self._freed.set()

    async def _take(self, folder: Path) -> _Place[M]:
        async with self._turn:
            if folder not in self._places:
                await self._make_room(self._size(folder))
                await self._bring(folder)
            place = self._places[folder] = self._places.pop(folder)
            place.users += 1
            return place

    async def _bring(self, folder: Path) -> None:
        """Nothing can stop a load, so its end is waited for: two at once might find no room."""
        loading = asyncio.ensure_future(self._load(folder))
        try:
            await asyncio.shield(loading)
        except asyncio.CancelledError:
            await asyncio.wait((loading,))
            raise
        finally:
            if not loading.cancelled() and loading.exception() is None:
                self._places[folder] = _Place(loading.result(), self._size(folder))
                logger.info("the model in {} is loaded", folder)

    async def _make_room(self, size: int) -> None:
        while self._places and sum(place.size for place in self._places.values()) + size > max(
            self._room, size
        ):
            idle = next((folder for folder, place in self._places.items() if not place.users), None)
            if idle is None:
                self._freed.clear()
                await self._freed.wait()
            else:
                self._places.pop(idle).model.unload()
                logger.info("the model in {} is given up for another", idle)


class _Place(Generic[M]):
    def __init__(self, model: M, size: int) -> None:
        self.model = model
        self.size = size
        self.users = 0
