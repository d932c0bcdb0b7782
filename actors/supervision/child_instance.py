"""One life of a supervised child, from its start to its end, whatever is done to it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from actors.runtime.api import Child, Context, Exit
from actors.runtime.mailbox import describe
from actors.supervision.children import ChildSpec
from retender.errors import ActorGone


class ChildInstance:
    """Starts and ends a child beside its supervisor's mailbox. The end is told exactly once."""

    def __init__(
        self, ctx: Context, spec: ChildSpec, up: Callable[[], None], ended: Callable[[Exit], None]
    ) -> None:
        self._ctx = ctx
        self._spec = spec
        self._tell_up = up
        self._tell_ended = ended
        self._child: Child | None = None
        self._course: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._killed_for = ""
        self._over = False

    @property
    def began(self) -> bool:
        return self._child is not None

    async def start(self) -> None:
        """Start the child here and now; raises what kept it from starting."""
        self._child = await self._ctx.spawn(self._spec.spawn())
        self._course = asyncio.create_task(self._watch(self._child))

    def start_beside(self) -> None:
        self._course = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Return once the child is gone: in order within its grace time, or else killed."""
        await self._end(lambda child: child.stop(self._spec.grace))

    def stop_beside(self) -> None:
        self._run_errand(self.stop())

    def kill_beside(self, reason: str) -> None:
        self._killed_for = reason
        self._run_errand(self._end(lambda child: child.kill()))

    async def _run(self) -> None:
        try:
            self._child = await self._ctx.spawn(self._spec.spawn())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this child's end
            self._finish(Exit("crashed", cause_of(error)))
            return
        self._tell_up()
        await self._watch(self._child)

    async def _watch(self, child: Child) -> None:
        self._finish(await child.exited())

    async def _end(self, how: Callable[[Child], Awaitable[Exit]]) -> None:
        if self._child is None and self._course is not None:
            self._course.cancel()
            await asyncio.wait({self._course})
        # It may have come up just before its start was called off.
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
        self._tell_ended(exit_)

    def _run_errand(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def cause_of(error: BaseException) -> str:
    """What a child that did not start died of, not how its host put it."""
    told = error.details.get("cause") if isinstance(error, ActorGone) else None
    return told or describe(error)
