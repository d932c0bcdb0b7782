"""An actor's process on a cluster, without the process: what it tells its starter."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.api import Exit, Recipe
from actors.runtime.cluster.cell import NOBODY, Cell, Tell
from actors.runtime.local import LocalRuntime
from actors.runtime.packing import pack_arguments
from actors.runtime.process.frames import (
    ActorMessage,
    Blueprint,
    ChildEnded,
    ChildStarted,
    Frame,
    MessageDropped,
    StartChild,
    from_bytes,
    to_bytes,
)
from tests.conformance.cast import FixedClock, Player, Stillborn

pytestmark = pytest.mark.usefixtures("virtual_clock")


def birth_of(actor: type) -> StartChild:
    return StartChild(
        name="player",
        actor=Blueprint.of(Recipe.of(actor)),
        clock=Blueprint.of(Recipe.of(FixedClock)),
        prepare=None,
        seed="",
        mailbox=10,
        path=[],
    )


def cell_of(actor: type) -> Cell:
    return Cell(birth_of(actor), Talkative)


class Talkative(LocalRuntime):
    """Passes on what was told in vain."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(FixedClock())
        self._tell = tell

    def drop(self, to: str, method: str, why: str) -> None:
        self._tell(to, method, why)


async def words(cell: Cell, heard: int) -> list[Frame]:
    return [from_bytes(word) for word in await cell.words(heard)]


def message(to: str, method: str, *args: object) -> bytes:
    return to_bytes(ActorMessage(to, method, pack_arguments(args, {})))


async def test_whoever_started_it_hears_each_word_once_and_the_last_one_is_the_end() -> None:
    cell = cell_of(Player)
    assert await words(cell, 0) == [ChildStarted()]
    next_words = asyncio.ensure_future(words(cell, 1))
    await cell.deliver("line", 0, message("player", "tell_another", "nobody", ["hello"]))
    assert await next_words == [
        MessageDropped("nobody", "hear", "there is no nobody at the moment"),
    ]
    await cell.deliver("line", 1, message("player", "crash", "over"))
    assert await words(cell, 2) == [ChildEnded(Exit("crashed", "LookupError: over"))]


async def test_words_that_were_not_heard_are_told_again() -> None:
    cell = cell_of(Player)
    assert await words(cell, 0) == await words(cell, 0)
    await cell.stop()
    assert await words(cell, 1) == [ChildEnded(Exit("normal"))]
    assert await words(cell, 0) == [ChildEnded(Exit("normal"))]


async def test_a_message_for_somebody_else_finds_nobody() -> None:
    cell = cell_of(Player)
    assert await cell.deliver("line", 0, message("other", "hear", "hello")) == NOBODY
    await cell.stop()
    assert await cell.deliver("line", 1, message("player", "hear", "hello")) == NOBODY


async def test_one_that_could_not_start_can_be_stopped_all_the_same() -> None:
    cell = cell_of(Stillborn)
    stopping = asyncio.ensure_future(cell.stop())
    assert await words(cell, 0) == [ChildEnded(Exit("crashed", "LookupError: no such model"))]
    await stopping
    await cell.stop()
    assert await cell.deliver("line", 0, message("player", "hear", "hello")) == NOBODY
