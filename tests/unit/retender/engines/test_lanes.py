"""Native calls in threads, and what it means to call one off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial

import pytest

from retender.engines.lanes import Lanes

DEADLINE = 60.0


class Call:
    """Blocks its thread until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.ended = False

    def __call__(self) -> str:
        self.begun.set()
        assert self.gate.wait(DEADLINE)
        self.ended = True
        return "done"

    async def runs(self) -> None:
        await asyncio.to_thread(self.begun.wait, DEADLINE)


@pytest.fixture
async def lanes() -> AsyncIterator[Lanes]:
    lanes = Lanes(1)
    yield lanes
    lanes.close()


async def test_who_is_called_off_leaves_when_nothing_is_computed_any_more(lanes: Lanes) -> None:
    call = Call()
    work = asyncio.create_task(lanes.run(call))
    await call.runs()
    work.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not work.done()
    call.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert call.ended


async def test_who_is_called_off_twice_leaves_at_once(lanes: Lanes) -> None:
    call = Call()
    work = asyncio.create_task(lanes.run(call))
    await call.runs()
    for _ in range(2):
        work.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not call.ended
    call.gate.set()


async def test_what_waits_for_a_lane_and_is_called_off_never_begins(lanes: Lanes) -> None:
    first, second = Call(), Call()
    busy = asyncio.create_task(lanes.run(first))
    await first.runs()
    work = asyncio.create_task(lanes.run(second))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    first.gate.set()
    assert await busy == "done"
    assert not second.begun.is_set()


async def test_what_goes_wrong_in_a_lane_is_the_callers(lanes: Lanes) -> None:
    with pytest.raises(ZeroDivisionError):
        await lanes.run(lambda: 1 // 0)


async def test_several_calls_run_side_by_side_and_all_have_ended_when_one_fails() -> None:
    lanes = Lanes(2)
    meeting = threading.Barrier(2, timeout=DEADLINE)
    ended: list[str] = []

    def works() -> None:
        meeting.wait()
        ended.append("works")

    def fails() -> None:
        meeting.wait()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await lanes.run_all([fails, works])
    assert ended == ["works"]
    lanes.close()


async def test_more_calls_than_lanes_are_run_too(lanes: Lanes) -> None:
    ended: list[int] = []
    await lanes.run_all([partial(ended.append, n) for n in range(3)])
    assert ended == [0, 1, 2]
