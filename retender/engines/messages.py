"""For engines written as coroutines: their messages, and heartbeats while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from retender.engines.api import EngineMessage

R = TypeVar("R")

Emit = Callable[[EngineMessage], Awaitable[None]]
"""Hands a message to the worker, and returns when the worker asks for the next one."""

Beat = Callable[[], Awaitable[None]]
"""Emits a heartbeat."""


async def messages_of(
    work: Callable[[Emit], Coroutine[Any, Any, None]],
) -> AsyncGenerator[EngineMessage, None]:
    """What `work` emits, as the generator that an engine returns. An error of `work` is raised
    here. If the generator is closed early, `work` is cancelled and waited for."""
    queue = asyncio.Queue[EngineMessage | None]()

    async def emit(message: EngineMessage) -> None:
        queue.put_nowait(message)
        await queue.join()

    task = asyncio.create_task(work(emit))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (message := await queue.get()) is not None:
            yield message
            queue.task_done()
        await task
    finally:
        await _cancelled(task)


async def with_heartbeats(work: Awaitable[R], beat: Beat, seconds: float) -> R:
    """Await `work`, with a heartbeat at once and another each time that so many seconds pass."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await beat()
            await asyncio.wait((task,), timeout=seconds)
        return task.result()
    finally:
        await _cancelled(task)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
