"""Who has a model in memory, and who must go for another."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from retender.engines.faster_whisper.model_cache import ModelCache
from tests.support.actors.virtual_time import VirtualClock

DEADLINE = 60.0

A, B, C = Path("a"), Path("b"), Path("c")


class Weights:
    def __init__(self, library: Library, folder: Path) -> None:
        self.folder = folder
        self._library = library

    def unload(self) -> None:
        self._library.log.append(f"-{self.folder}")


class Library:
    """Loads what it is asked for, once its gate is open."""

    def __init__(self, room: int, idle_seconds: float = 600.0) -> None:
        self.log: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.cache = ModelCache(self._load, lambda _: 10, room, idle_seconds)

    async def _load(self, folder: Path) -> Weights:
        self.log.append(f"+{folder}")
        await self.gate.wait()
        return Weights(self, folder)


async def until_all_wait() -> None:
    """Everything that can happen has happened."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_model_is_loaded_once_for_all_who_use_it() -> None:
    library = Library(10)
    library.gate.clear()
    async with AsyncExitStack() as stack:
        lent = [
            asyncio.create_task(stack.enter_async_context(library.cache.lend(A))) for _ in range(3)
        ]
        await until_all_wait()
        library.gate.set()
        assert len({id(await task) for task in lent}) == 1
    assert library.log == ["+a"]
    assert library.cache.held == (A,)


async def test_models_stay_as_long_as_they_have_room() -> None:
    library = Library(20)
    for folder in (A, B, A, B):
        async with library.cache.lend(folder):
            pass
    assert library.log == ["+a", "+b"]


async def test_the_longest_unused_goes_first() -> None:
    library = Library(20)
    for folder in (A, B, A, C):
        async with library.cache.lend(folder):
            pass
    assert library.log == ["+a", "+b", "-b", "+c"]
    assert set(library.cache.held) == {A, C}


async def test_a_model_in_use_is_waited_for_and_never_taken_away() -> None:
    library = Library(10)
    async with library.cache.lend(A):
        other = asyncio.create_task(_use(library, B))
        await until_all_wait()
        assert library.log == ["+a"]
    await other
    assert library.log == ["+a", "-a", "+b"]


async def test_who_waits_for_room_is_served_before_who_came_later() -> None:
    library = Library(10)
    async with library.cache.lend(A):
        first = asyncio.create_task(_use(library, B))
        await until_all_wait()
        second = asyncio.create_task(_use(library, A))
        await until_all_wait()
        assert not second.done()
    await asyncio.gather(first, second)
    assert library.log == ["+a", "-a", "+b", "-b", "+a"]


async def test_one_that_is_larger_than_the_room_is_alone_in_it() -> None:
    library = Library(5)
    for folder in (A, B):
        async with library.cache.lend(folder):
            assert library.cache.held == (folder,)


async def test_who_gives_up_while_a_model_loads_leaves_it_for_the_next() -> None:
    library = Library(10)
    library.gate.clear()
    hasty = asyncio.create_task(_use(library, A))
    await until_all_wait()
    hasty.cancel()
    await until_all_wait()
    library.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    await _use(library, A)
    assert library.log == ["+a"]


async def test_a_model_that_cannot_be_loaded_leaves_room_for_others() -> None:
    library = Library(10)

    async def broken(folder: Path) -> Weights:
        if folder == A:
            raise OSError("no such file")
        return Weights(library, folder)

    cache = ModelCache(broken, lambda _: 10, 10)
    with pytest.raises(OSError, match="no such file"):
        async with cache.lend(A):
            pass
    async with cache.lend(B) as weights:
        assert weights.folder == B


async def test_who_gives_up_while_a_model_loads_does_not_wait_for_it() -> None:
    library = Library(10)
    library.gate.clear()
    hasty = asyncio.create_task(_use(library, A))
    await until_all_wait()
    hasty.cancel()
    await until_all_wait()
    assert hasty.done()
    library.gate.set()
    await until_all_wait()
    assert [each.loaded_for is None for each in library.cache.standing()] == [False]


async def test_those_who_use_a_model_never_wait_for_another_to_load() -> None:
    library = Library(20)
    async with library.cache.lend(A):
        pass
    library.gate.clear()
    loads = [asyncio.create_task(_use(library, B)), asyncio.create_task(library.cache.bring(B))]
    await until_all_wait()
    assert library.log == ["+a", "+b"]
    async with asyncio.timeout(DEADLINE), library.cache.lend(A):
        pass
    assert not any(load.done() for load in loads)
    library.gate.set()
    await asyncio.gather(*loads)
    assert library.log == ["+a", "+b"]


async def test_a_model_that_is_wished_for_takes_nothing_from_those_at_work() -> None:
    library = Library(10)
    async with library.cache.lend(A):
        command = asyncio.create_task(library.cache.bring(B))
        await until_all_wait()
        assert library.log == ["+a"]
        async with asyncio.timeout(DEADLINE), library.cache.lend(A):
            pass
    await command
    assert library.log == ["+a", "-a", "+b"]
    assert not library.cache.abandoned


async def test_a_model_is_given_up_once_nobody_uses_it() -> None:
    library = Library(20)
    async with library.cache.lend(A):
        given_up = asyncio.create_task(library.cache.give_up(A))
        await until_all_wait()
        assert library.log == ["+a"]
    await given_up
    assert library.log == ["+a", "-a"]
    assert library.cache.abandoned
    await library.cache.give_up(A)


async def test_a_model_that_is_not_used_for_long_goes_by_itself(
    virtual_clock: VirtualClock,
) -> None:
    library = Library(20, idle_seconds=60.0)
    await _use(library, A)
    for _ in range(3):
        await asyncio.sleep(50.0)
        await _use(library, B)
    assert library.log == ["+a", "+b", "-a"]
    assert not library.cache.abandoned, "another is still there"
    (standing,) = library.cache.standing()
    assert (standing.folder, standing.users, standing.idle_for) == (B, 0, 0.0)
    await asyncio.sleep(61.0)
    assert library.log == ["+a", "+b", "-a", "-b"]
    assert library.cache.abandoned


async def test_a_model_in_use_stays_however_long_it_takes(virtual_clock: VirtualClock) -> None:
    library = Library(20, idle_seconds=60.0)
    async with library.cache.lend(A):
        await asyncio.sleep(1000.0)
        assert library.cache.held == (A,)
    await asyncio.sleep(59.0)
    assert library.cache.held == (A,)


async def _use(library: Library, folder: Path) -> None:
    async with library.cache.lend(folder):
        await asyncio.sleep(0)
