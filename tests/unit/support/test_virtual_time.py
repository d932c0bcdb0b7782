"""The loop that other tests trust."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from tests.support.actors.virtual_time import EPOCH, Stuck, VirtualClock, VirtualTimeLoop

R = TypeVar("R")


def run(main: Coroutine[Any, Any, R], horizon: float = 1e9) -> R:
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(horizon)) as runner:
        return runner.run(main)


def test_a_year_passes_in_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(365 * 86400.0)
        return asyncio.get_running_loop().time()

    begun = time.monotonic()
    assert run(main()) == 365 * 86400.0
    assert time.monotonic() - begun < 30


def test_time_stands_still_while_anything_can_run() -> None:
    async def main() -> float:
        rang: list[float] = []
        loop = asyncio.get_running_loop()
        loop.call_later(1.0, lambda: rang.append(loop.time()))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert rang == []
        return loop.time()

    assert run(main()) == 0.0


def test_timers_ring_in_order_each_at_its_time() -> None:
    async def main() -> list[tuple[str, float]]:
        rang: list[tuple[str, float]] = []
        loop = asyncio.get_running_loop()

        def ring(name: str) -> None:
            rang.append((name, loop.time()))

        for name, delay in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
            loop.call_later(delay, ring, name)
        await asyncio.sleep(5.0)
        return rang

    assert run(main()) == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_a_cancelled_timer_does_not_carry_time_along() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(50.0, loop.stop).cancel()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.create_future(), 100.0)
        return loop.time()

    assert run(main()) == 100.0


def test_waiting_for_what_cannot_come_fails_at_once_and_says_who_waits() -> None:
    async def wait_in_vain() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        await asyncio.create_task(wait_in_vain(), name="the patient one")

    with pytest.raises(Stuck, match=r"the patient one in .*wait_in_vain:\d+"):
        run(main())


def test_what_only_ticks_comes_to_an_end_at_the_horizon() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()

        def tick() -> None:
            loop.call_later(1.0, tick)

        tick()
        await loop.create_future()

    with pytest.raises(Stuck, match="no end in sight"):
        run(main(), horizon=100.0)


def test_an_executor_runs_on_the_spot_and_hands_its_error_on() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 // 0)
        return await asyncio.to_thread(lambda: 7)

    assert run(main()) == 7


async def test_a_test_with_the_clock_runs_in_virtual_time(virtual_clock: VirtualClock) -> None:
    await asyncio.sleep(3600.0)
    assert virtual_clock.monotonic() == 3600.0
    assert virtual_clock.now() == EPOCH + 3600.0


async def test_only_the_wall_clock_can_be_set(virtual_clock: VirtualClock) -> None:
    virtual_clock.shift(-86400.0)
    assert virtual_clock.now() == EPOCH - 86400.0
    assert virtual_clock.monotonic() == 0.0


async def test_an_error_that_no_one_caught_is_noted(virtual_clock: VirtualClock) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.call_soon(lambda: 1 // 0)
    await asyncio.sleep(0)
    assert loop.mishaps == [mishap for mishap in loop.mishaps if "ZeroDivisionError" in mishap]
    assert loop.mishaps.pop()


async def test_a_test_without_it_runs_in_real_time() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
