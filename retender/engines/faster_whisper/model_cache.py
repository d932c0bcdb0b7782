"""The models in memory: lent to whoever works with them, given up when nobody has used them for
long, and the longest unused given up for one that finds no room beside them.

Who waits for room is served before those who came later, even if what they want is there: so two
models that are asked for in turn take turns, and neither waits for ever. While a model is on its
way into memory, those that are there are lent as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from loguru import logger


class Unloadable(Protocol):
    def unload(self) -> None: ...


M = TypeVar("M", bound=Unloadable)


class CachedModel(NamedTuple):
    """State of a cached model. Durations are seconds up to now."""

    folder: Path
    size: int
    users: int
    loaded_for: float | None
    """None while it is on its way."""
    idle_for: float


class ModelCache(Generic[M]):
    """`load` brings a model into memory, `size` tells how many bytes it will take there.

    `room` bytes are there for all of them; 0: for one at a time. A single model may be larger
    than the room: whether it fits at all was decided by who asks for it. One that is not used for
    `idle_seconds` is given up.
    """

    def __init__(
        self,
        load: Callable[[Path], Awaitable[M]],
        size: Callable[[Path], int],
        room: int = 0,
        idle_seconds: float = 600.0,
    ) -> None:
        self._load = load
        self._size = size
        self._room = room
        self._idle_seconds = idle_seconds
        self._turn = asyncio.Lock()
        self._places: dict[Path, _CacheEntry[M]] = {}
        """The longest unused first."""
        self._freed = asyncio.Event()
        self._given_up = False

    @property
    def held(self) -> tuple[Path, ...]:
        return tuple(self._places)

    @property
    def abandoned(self) -> bool:
        """Models were given up, and none is left: of what they took not all has come back."""
        return self._given_up and not self._places

    def standing(self) -> tuple[CachedModel, ...]:
        now = asyncio.get_running_loop().time()
        return tuple(place.standing(folder, now) for folder, place in self._places.items())

    @asynccontextmanager
    async def lend(self, folder: Path) -> AsyncIterator[M]:
        """The model of this folder, loaded if it is not there. It stays until it is given back.
        Who gives up while it is on its way leaves it for the next."""
        place = await self._take(folder)
        try:
            yield await asyncio.shield(place.loading)
        finally:
            place.users -= 1
            self._rest(folder, place)

    async def bring(self, folder: Path) -> None:
        """Have the model here for whoever comes. Nobody who is at work waits for that: where there
        is no room beside what is in use, this waits for some."""
        while folder not in self._places and not self._room_beside_used(folder):
            await self._change()
        async with self.lend(folder):
            pass

    async def give_up(self, folder: Path) -> None:
        """Have the model's memory back, once nobody uses it."""
        while (place := self._places.get(folder)) is not None:
            if place.idle:
                self._unload(folder, "it is not wanted any more")
            else:
                await self._change()

    async def close(self) -> None:
        """Nothing more comes into memory."""
        loads = [place.loading for place in self._places.values()]
        for place in self._places.values():
            place.loading.cancel()
            place.wake()
        if loads:
            await asyncio.wait(loads)

    async def _take(self, folder: Path) -> _CacheEntry[M]:
        async with self._turn:
            place = self._places.pop(folder, None)
            if place is None:
                size = self._size(folder)
                await self._make_room(size)
                place = _CacheEntry(size, asyncio.ensure_future(self._load(folder)))
                place.loading.add_done_callback(partial(self._come, folder, place))
            self._places[folder] = place
            place.wake()
            place.users += 1
            return place

    async def _make_room(self, size: int) -> None:
        while self._places and self._used_bytes(self._places.values()) + size > max(
            self._room, size
        ):
            idle = next((folder for folder, place in self._places.items() if place.idle), None)
            if idle is None:
                await self._change()
            else:
                self._unload(idle, "its room is wanted for another")

    def _room_beside_used(self, folder: Path) -> bool:
        used = [place for place in self._places.values() if not place.idle]
        size = self._size(folder)
        fits = not used or self._used_bytes(used) + size <= self._room
        return fits and not self._turn.locked()

    def _used_bytes(self, places: Iterable[_CacheEntry[M]]) -> int:
        return sum(place.size for place in places)

    def _come(self, folder: Path, place: _CacheEntry[M], loading: asyncio.Future[M]) -> None:
        if loading.cancelled() or loading.exception() is not None:
            if self._places.get(folder) is place:
                del self._places[folder]
        else:
            logger.info("the model in {} is loaded", folder)
            place.loaded_at = asyncio.get_running_loop().time()
        self._rest(folder, place)

    def _rest(self, folder: Path, place: _CacheEntry[M]) -> None:
        self._freed.set()
        if place.idle and self._places.get(folder) is place:
            loop = asyncio.get_running_loop()
            place.idle_since = loop.time()
            sentence = f"nobody has used it for {self._idle_seconds:g} s"
            place.wake()
            place.alarm = loop.call_later(self._idle_seconds, self._unload, folder, sentence)

    def _unload(self, folder: Path, why: str) -> None:
        place = self._places.pop(folder)
        place.wake()
        place.loading.result().unload()
        self._given_up = True
        self._freed.set()
        logger.info("the model in {} is given up: {}", folder, why)

    async def _change(self) -> None:
        self._freed.clear()
        await self._freed.wait()


class _CacheEntry(Generic[M]):
    def __init__(self, size: int, loading: asyncio.Future[M]) -> None:
        self.size = size
        self.loading = loading
        self.users = 0
        self.loaded_at: float | None = None
        self.idle_since = 0.0
        self.alarm: asyncio.TimerHandle | None = None
        """Rings when it has been idle for too long."""

    @property
    def idle(self) -> bool:
        return not self.users and self.loaded_at is not None

    def wake(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None

    def standing(self, folder: Path, now: float) -> CachedModel:
        loaded_for = None if self.loaded_at is None else now - self.loaded_at
        idle_for = now - self.idle_since if self.idle else 0.0
        return CachedModel(folder, self.size, self.users, loaded_for, idle_for)
