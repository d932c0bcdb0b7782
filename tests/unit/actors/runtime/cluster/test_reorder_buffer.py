"""Messages that overtook each other go through in order; a lost one holds up nobody for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from actors.runtime.cluster import reorder_buffer
from actors.runtime.cluster.reorder_buffer import ReorderBuffer
from tests.support.actors.virtual_time import VirtualClock

DEADLINE = 5.0


class Gate:
    """A turnstile, and in which order what came through it."""

    def __init__(self) -> None:
        self.through: list[str] = []
        self._turnstile = ReorderBuffer(DEADLINE)

    def admit(self, *numbers: int, line: str = "") -> None:
        for number in numbers:
            enter = self._entering(f"{line}{number}")
            self._turnstile.admit(line, number, enter)

    def _entering(self, what: str) -> Callable[[], None]:
        return lambda: self.through.append(what)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_what_comes_in_order_goes_through_at_once(gate: Gate) -> None:
    gate.admit(0, 1, 2)
    assert gate.through == ["0", "1", "2"]


async def test_one_that_was_overtaken_goes_through_first(
    gate: Gate, virtual_clock: VirtualClock
) -> None:
    gate.admit(2, 1)
    assert gate.through == []
    gate.admit(0, 3)
    assert gate.through == ["0", "1", "2", "3"]
    await asyncio.sleep(DEADLINE + 1)  # there is no gap left that could be skipped


async def test_lines_do_not_wait_for_each_other(gate: Gate) -> None:
    gate.admit(1, line="a")
    gate.admit(0, 1, line="b")
    assert gate.through == ["b0", "b1"]
    gate.admit(0, line="a")
    assert gate.through == ["b0", "b1", "a0", "a1"]


async def test_a_gap_is_skipped_once_patience_is_over(
    gate: Gate, virtual_clock: VirtualClock
) -> None:
    gate.admit(0, 2, 3, 5)
    await asyncio.sleep(DEADLINE - 0.1)
    assert gate.through == ["0"]
    await asyncio.sleep(0.2)
    assert gate.through == ["0", "2", "3"]
    await asyncio.sleep(DEADLINE)
    assert gate.through == ["0", "2", "3", "5"]


async def test_those_that_keep_coming_do_not_make_the_wait_longer(
    gate: Gate, virtual_clock: VirtualClock
) -> None:
    for number in range(1, 8):
        gate.admit(number)
        await asyncio.sleep(DEADLINE / 5)
    assert gate.through == ["1", "2", "3", "4", "5", "6", "7"]


async def test_the_next_gap_has_its_own_wait(gate: Gate, virtual_clock: VirtualClock) -> None:
    gate.admit(1)
    await asyncio.sleep(DEADLINE - 1)
    gate.admit(0, 3)
    await asyncio.sleep(DEADLINE - 1)
    assert gate.through == ["0", "1"]
    await asyncio.sleep(1.5)
    assert gate.through == ["0", "1", "3"]


async def test_one_that_comes_after_its_place_was_skipped_still_goes_through(
    gate: Gate, virtual_clock: VirtualClock
) -> None:
    gate.admit(1)
    await asyncio.sleep(DEADLINE + 1)
    gate.admit(0, 2)
    assert gate.through == ["1", "0", "2"]


async def test_a_line_not_used_for_long_makes_place_and_loses_nothing(
    gate: Gate, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reorder_buffer, "SENDERS_KEPT", 2)
    gate.admit(1, 3, line="oldest")
    gate.admit(0, line="a")
    assert gate.through == ["a0"]
    gate.admit(0, line="b")
    assert gate.through == ["a0", "b0", "oldest1"]
    await asyncio.sleep(DEADLINE + 1)
    assert gate.through == ["a0", "b0", "oldest1", "oldest3"]


async def test_the_line_that_goes_is_the_one_not_used_for_longest(
    gate: Gate, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reorder_buffer, "SENDERS_KEPT", 2)
    for line in ("a", "b", "a", "c"):
        gate.admit(0, line=line)
    gate.admit(1, line="a")
    assert gate.through[-1] == "a1"
