"""Engines written as coroutines emit messages one by one, and end with their caller."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from retender.engines.api import Progress
from retender.engines.messages import Emit, messages_of, with_heartbeats
from retender.errors import WorkError


def progress(seconds: float) -> Progress:
    return Progress("t", seconds)


async def test_messages_come_in_order_and_work_goes_on_only_when_the_next_is_asked_for() -> None:
    reached = list[int]()

    async def work(emit: Emit) -> None:
        for number in range(3):
            await emit(progress(number))
            reached.append(number)

    messages = messages_of(work)
    assert await anext(messages) == progress(0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert reached == []
    assert [message async for message in messages] == [progress(1), progress(2)]
    assert reached == [0, 1, 2]


async def test_an_error_of_the_work_follows_what_it_emitted() -> None:
    async def work(emit: Emit) -> None:
        await emit(progress(1))
        raise WorkError("broken")

    messages = messages_of(work)
    assert await anext(messages) == progress(1)
    with pytest.raises(WorkError, match="broken"):
        await anext(messages)


async def test_closed_early_it_returns_when_the_work_has_cleaned_up() -> None:
    cleaned = False

    async def work(emit: Emit) -> None:
        nonlocal cleaned
        try:
            await emit(progress(1))
        finally:
            await asyncio.sleep(0)
            cleaned = True

    async with aclosing(messages_of(work)) as messages:
        await anext(messages)
    assert cleaned


async def test_heartbeats_come_until_the_work_is_done() -> None:
    beats = 0
    done = asyncio.get_running_loop().create_future()

    async def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            done.set_result("result")

    assert await with_heartbeats(done, beat, 0.0) == "result"
    assert beats == 3


async def test_work_is_cancelled_with_its_caller_and_waited_for() -> None:
    began, cleaned = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    async def beat() -> None:
        return

    waiting = asyncio.create_task(with_heartbeats(work(), beat, 60.0))
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cleaned.is_set()
