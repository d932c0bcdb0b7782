"""One instance of a supervised child, from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from actors.runtime.api import Child, Context, Exit
from actors.runtime.mailbox import describe
from actors.supervision.children import ChildSpec
from retender.errors import ActorGone


class ChildInstance:
    """Starts and ends a child in background tasks. Its end is reported exactly once."""

    def __init__(
        self, ctx: Context, spec: ChildSpec, up: Callable[[], None], ended: Callable[[Exit], None]
    ) -> None:
        self._ctx = ctx
        self._spec = spec
        self._report_start = up
        self._report_end = ended
        self._child: Child | None = None
        self._running: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._killed_for = ""
        self._over = False

    @property
    def has_started(self) -> bool:
        return self._child is not None

    async def start(self) -> None:
        """Start the child and wait for it; raises the error that kept it from starting."""
        self._child = await self._ctx.spawn(self._spec.spawn())
        self._running = asyncio.create_task(self._watch(self._child))

    def start_in_background(self) -> None:
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop the child in order within its grace time, else kill it; return when it is gone."""
        await self._end(lambda child: child.stop(self._spec.grace))

    def stop_in_background(self) -> None:
        self._run_in_background(self.stop())

    def kill_in_background(self, reason: str) -> None:
        self._killed_for = reason
        self._run_in_background(self._end(lambda child: child.kill()))

    async def _run(self) -> None:
        try:
            self._child = await self._ctx.spawn(self._spec.spawn())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this child's end
            self._finish(Exit("crashed", cause_of(error)))
            return
        self._report_start()
        await self._watch(self._child)

    async def _watch(self, child: Child) -> None:
        self._finish(await child.exited())

    async def _end(self, how: Callable[[Child], Awaitable[Exit]]) -> None:
        if self._child is None and self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        # It may have started just before its start was cancelled.
        if self._child is not None:
            self._finish(await how(self._child))
        else:
            self._finish(Exit("killed", "its start was called off"))

    def _finish(self, exit_: Exit) -> None:
        if self._over:
            return
        self._over = True
        if exit_.reason == "killed" and self._killed_for:
            exit_ = Exit("killed", self._killed_for)
        self._report_end(exit_)

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def cause_of(error: BaseException) -> str:
    """The cause itself, without the host's words around it."""
    told = error.details.get("cause") if isinstance(error, ActorGone) else None
    return told or describe(error)
