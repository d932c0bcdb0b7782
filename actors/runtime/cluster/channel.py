"""The connection from a sender to one actor instance in another process of a cluster."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, NamedTuple, Protocol

from actors.runtime.limits import OUTBOX_BYTES
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall, pack_arguments
from actors.runtime.process.frames import ActorMessage, AskAnswered, AskFailed, from_bytes, to_bytes
from retender.errors import ActorGone, Busy, RetenderError


class Lost(Exception):
    """A message will get no answer: the instance at the other end is over or, if not `for_good`,
    cannot be reached at the moment."""

    def __init__(self, error: ActorGone, *, for_good: bool = True) -> None:
        super().__init__(error.message)
        self.error = error
        self.for_good = for_good


class Reached(Protocol):
    """The transport. Messages may overtake each other, so they are numbered."""

    @property
    def over(self) -> asyncio.Future[Any]:
        """Done when the instance is known to be over."""

    async def deliver(self, line: str, number: int, frame: bytes) -> bytes | None:
        """The answer, or why there is none; nothing for an accepted tell. Raises `Lost`."""


Find = Callable[[], Awaitable[Reached]]
"""Raises `ActorGone` if there is no such actor."""


class _Sent(NamedTuple):
    method: str
    size: int
    reply: Reply | None


class InstanceChannel:
    """Messages wait here while the actor is looked up. Each ends in an answer or an error.

    A channel ends with its instance: later messages open a new one.
    """

    def __init__(self, name: str, find: Find, drop: Callable[[str, str, str], None]) -> None:
        """`drop` is called for each undelivered tell: receiver, method, reason."""
        self._name = name
        self._find = find
        self._drop = drop
        self._begin_to_count()
        self._bytes = 0
        self._way: asyncio.Task[Reached] | None = None
        self._reached: Reached | None = None
        self._under_way: dict[asyncio.Task[None], _Sent] = {}
        self._over: ActorGone | None = None

    @property
    def over(self) -> bool:
        if self._over is None and self._reached is not None and self._reached.over.done():
            self._over = ActorGone(f"{self._name} has ended", retry_after=1.0)
        return self._over is not None

    def put(self, call: Call | PackedCall, reply: Reply | None) -> None:
        """Raises a `RetenderError` when the message cannot be sent at all."""
        if self.over:
            assert self._over is not None
            raise self._over
        if self._bytes > OUTBOX_BYTES:
            raise Busy(f"the line to {self._name} is full", retry_after=1.0)
        if isinstance(call, PackedCall):
            arguments = call.arguments
        else:
            arguments = pack_arguments(call.args, call.kwargs)
        frame = to_bytes(ActorMessage(self._name, call.method, arguments, int(reply is not None)))
        sent = _Sent(call.method, len(frame), reply)
        task = asyncio.create_task(self._carry(self._id, next(self._numbers), frame, sent))
        self._under_way[task] = sent
        self._bytes += sent.size
        task.add_done_callback(self._through)

    async def settle(self, seconds: float) -> None:
        """Wait for the answers that are still under way, at most so many seconds."""
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=seconds)

    async def close(self, error: ActorGone) -> None:
        """Send nothing more. Open asks end with the error."""
        self._over = self._over or error
        for task, sent in tuple(self._under_way.items()):
            if not task.done():
                self._fail(sent, error)
        tasks = set(self._under_way)
        if self._way is not None:
            tasks.add(self._way)  # type: ignore[arg-type]  # it is only ended
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, line: str, number: int, frame: bytes, sent: _Sent) -> None:
        try:
            way = await self._found()
            self._settle(await way.deliver(line, number, frame), sent)
        except Lost as lost:
            if lost.for_good:
                self._over = self._over or lost.error
            elif line == self._id:
                self._begin_to_count()
            self._fail(sent, lost.error)
        except ActorGone as error:
            self._over = self._over or error
            self._fail(sent, error)

    def _through(self, task: asyncio.Task[None]) -> None:
        self._bytes -= self._under_way.pop(task).size

    def _begin_to_count(self) -> None:
        """Numbers continue after a lost message, so that later ones do not wait for it."""
        self._id = uuid.uuid4().hex
        self._numbers = count()

    async def _found(self) -> Reached:
        if self._way is None:
            self._way = asyncio.ensure_future(self._find())
        self._reached = await asyncio.shield(self._way)
        return self._reached

    def _settle(self, answer: bytes | None, sent: _Sent) -> None:
        if answer is None:
            return
        match from_bytes(answer):
            case AskAnswered(value=value) if sent.reply is not None:
                sent.reply.answer(value)
            case AskFailed(error=error):
                self._fail(sent, RetenderError.from_value(error))

    def _fail(self, sent: _Sent, error: RetenderError) -> None:
        if sent.reply is not None:
            sent.reply.fail(error)
        else:
            self._drop(self._name, sent.method, error.message)
