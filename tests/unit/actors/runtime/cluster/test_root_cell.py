"""The root's process on a cluster, without the process: when it ends, and what it is taken for."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.cluster.root_cell import ENDING, RootCell
from actors.runtime.limits import ATTEND_EVERY, ROOT_PAUSE_SECONDS, UNATTENDED_SECONDS
from actors.runtime.packing import pack_arguments
from actors.runtime.process.frames import ActorMessage, to_bytes
from tests.conformance.cast import Player
from tests.unit.actors.runtime.cluster.test_cell import Talkative, birth_of

pytestmark = pytest.mark.usefixtures("virtual_clock")

PLAN = b"made so"


class Cellar(RootCell):
    def __init__(self) -> None:
        super().__init__(birth_of(Player), Talkative, PLAN)
        self.fate = ""

    def _vanish(self) -> None:
        self.fate = "gone"

    def _restart(self) -> None:
        self.fate = "up again"


async def test_a_tree_that_is_served_is_known_by_what_it_was_made_from() -> None:
    cell = Cellar()
    for _ in range(round(2 * UNATTENDED_SECONDS / ATTEND_EVERY)):
        await asyncio.sleep(ATTEND_EVERY)
        await cell.attend()
    assert (await cell.likeness(), cell.fate) == (PLAN, "")
    await cell.stop()


async def test_a_tree_that_nobody_serves_ends_in_order() -> None:
    cell = Cellar()
    await asyncio.sleep(UNATTENDED_SECONDS - 1.0)
    assert await cell.likeness() == PLAN
    await asyncio.sleep(2.0)
    assert await cell.likeness() == ENDING
    assert (await cell.ended()).normal
    await asyncio.sleep(ROOT_PAUSE_SECONDS)
    assert cell.fate == "gone"


async def test_one_that_is_stopped_is_taken_for_no_other_from_then_on() -> None:
    cell = Cellar()
    stopping = asyncio.ensure_future(cell.stop())
    await asyncio.sleep(0)
    assert await cell.likeness() == ENDING
    await stopping
    assert cell.fate == "", "the one who has it stopped is answered first"
    await asyncio.sleep(2 * ROOT_PAUSE_SECONDS)
    assert cell.fate == "gone"


async def test_one_that_gives_up_stands_up_again_after_a_pause() -> None:
    cell = Cellar()
    assert await cell.words(0), "it has started"
    crash = to_bytes(ActorMessage("player", "crash", pack_arguments(("over",), {})))
    await cell.deliver("line", 0, crash)
    assert not (await cell.ended()).normal
    assert cell.fate == ""
    await asyncio.sleep(2 * ROOT_PAUSE_SECONDS)
    assert cell.fate == "up again"
