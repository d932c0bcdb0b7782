"""The process of one actor on a cluster, without the transport.

It is the other end of a `Channel`. The process that started it learns from `words` when the actor
has started, which of its tells could not be delivered, and how it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from actors.runtime.api import Child, Exit
from actors.runtime.cluster.reorder_buffer import ReorderBuffer
from actors.runtime.local import LocalRuntime, live
from actors.runtime.mailbox import describe
from actors.runtime.packing import PackedCall, pack
from actors.runtime.process.frames import (
    ActorMessage,
    AskAnswered,
    ChildEnded,
    ChildStarted,
    Frame,
    MessageDropped,
    StartChild,
    failed,
    from_bytes,
    to_bytes,
)
from retender.errors import ActorGone, RetenderError

NOBODY: Final = b""
"""The answer to a message for an actor that is not in this process."""

_STOP_SECONDS: Final = 86_400.0
"""The process that stops an actor has its own grace time, and then kills it."""

Tell = Callable[[str, str, str], None]
"""Called for an undelivered tell: receiver, method, reason."""


class Cell:
    def __init__(self, birth: StartChild, runtime: Callable[[Tell], LocalRuntime]) -> None:
        """Create it inside its event loop. `runtime` is called after logging is set up."""
        self._birth = birth
        self._in_order = ReorderBuffer()
        self._words: list[Frame] = []
        self._forgotten = 0
        self._said = asyncio.Event()
        self._runtime: LocalRuntime | None = None
        self._child: asyncio.Future[Child | None] = asyncio.get_running_loop().create_future()
        self._living = asyncio.create_task(self._live(runtime))

    async def deliver(self, line: str, number: int, frame: bytes) -> bytes | None:
        """The answer to an ask, as a frame; for a tell nothing, or why it was refused."""
        message = from_bytes(frame)
        assert isinstance(message, ActorMessage)
        outcome = _Outcome()
        self._in_order.admit(line, number, lambda: self._enter(message, outcome))
        return await outcome.frame

    async def words(self, heard: int) -> list[bytes]:
        """A long poll: the reports after the first `since`, as soon as there are any."""
        del self._words[: max(0, heard - self._forgotten)]
        self._forgotten = max(heard, self._forgotten)
        while not self._words:
            self._said.clear()
            await self._said.wait()
        return [to_bytes(word) for word in self._words]

    async def stop(self) -> None:
        """Stop the actor in order; return when it has ended."""
        child = await asyncio.shield(self._child)
        if child is not None:
            await child.stop(_STOP_SECONDS)
        await self.ended()

    async def ended(self) -> Exit:
        return await asyncio.shield(self._living)

    async def last(self) -> None:
        """Return when the actor has ended; never if its process dies."""
        await self.ended()

    @property
    def dropped(self) -> dict[str, int]:
        return {} if self._runtime is None else dict(self._runtime.dropped)

    async def _live(self, runtime: Callable[[Tell], LocalRuntime]) -> Exit:
        try:
            child = await self._born(runtime)
        except ActorGone as error:
            exit_ = Exit("crashed", str(error.details.get("cause", error.message)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent shall know it
            exit_ = Exit("crashed", describe(error))
        else:
            self._child.set_result(child)
            self._say(ChildStarted())
            exit_ = await child.exited()
        if not self._child.done():
            self._child.set_result(None)
        self._say(ChildEnded(exit_))
        return exit_

    async def _born(self, runtime: Callable[[Tell], LocalRuntime]) -> Child:
        birth = self._birth
        if birth.prepare is not None:
            birth.prepare.build()
        self._runtime = runtime(lambda *told: self._say(MessageDropped(*told)))
        return await live(birth.name, birth.actor.build(), birth.mailbox, self._runtime)

    def _enter(self, message: ActorMessage, outcome: _Outcome) -> None:
        here = None if self._runtime is None else self._runtime.at_home(message.to)
        if here is None:
            outcome.settle(NOBODY)
            return
        asked = message.number != 0
        try:
            here.put(PackedCall(message.method, message.arguments), outcome if asked else None)
        except RetenderError as error:
            outcome.fail(error)
        else:
            if not asked:
                outcome.settle(None)

    def _say(self, word: Frame) -> None:
        self._words.append(word)
        self._said.set()


class _Outcome:
    """Implements `Reply` for an ask from another process."""

    def __init__(self) -> None:
        self.frame: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    def answer(self, value: Any) -> None:
        try:
            self.settle(to_bytes(AskAnswered(0, pack(value))))
        except RetenderError as error:
            self.fail(error)

    def fail(self, error: RetenderError) -> None:
        self.settle(failed(0, error))

    def settle(self, frame: bytes | None) -> None:
        if not self.frame.done():
            self.frame.set_result(frame)
