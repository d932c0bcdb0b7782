"""The loop that every host runs: one mailbox, one actor, one message at a time."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

from loguru import logger

from actors.runtime.api import KILLED, Exit, Later
from actors.runtime.limits import CAUSE_CHARS, UNRECEIVED_SECONDS
from actors.runtime.packing import PackedCall, unpack_arguments
from retender.errors import ActorGone, BadRequest, Busy, RetenderError

# After so many messages in a row the loop yields, so that other tasks run.
_TURN = 32


class Call(NamedTuple):
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Reply(Protocol):
    """Receives the answer to an ask. Exactly one method is called, once."""

    def answer(self, value: Any) -> None: ...
    def fail(self, error: RetenderError) -> None: ...


class _Envelope(NamedTuple):
    call: Call
    reply: Reply | None
    bounded: bool


class Mailbox:
    """One life of an actor, from `started` to the last answer."""

    def __init__(
        self, name: str, actor: object, bound: int, *, taken: Callable[[], None] = lambda: None
    ) -> None:
        """`taken` is called whenever a counted message leaves the mailbox."""
        self._name = name
        self._actor = actor
        self._bound = bound
        self._taken = taken
        self._waiting: deque[_Envelope] = deque()
        self._places_used = 0
        self._unanswered: dict[int, Reply] = {}
        self._asleep: asyncio.Future[None] | None = None
        self._stop_wanted = False
        self._end_cause = ""
        self._fault: BaseException | None = None
        self._closed: Exit | None = None
        self._started = False
        self._unreceived: dict[tuple[str, str], float] = {}
        """When an error that nobody received was last a warning, by message and code."""

    @property
    def closed(self) -> bool:
        return self._closed is not None

    @property
    def stopping(self) -> bool:
        return self._stop_wanted

    def put(self, call: Call | PackedCall, reply: Reply | None, *, bounded: bool = True) -> None:
        """Queue a message. Raises `Busy` when the mailbox is full, `ActorGone` after the end.

        One from another process that the actor has no method for, or whose arguments are not
        what the method takes, is refused with `BadRequest`.
        """
        if self._closed is not None:
            raise ActorGone(f"{self._name} has ended", cause=self._closed.cause)
        if bounded and self._places_used >= self._bound:
            raise full(self._name, self._bound)
        if isinstance(call, PackedCall):
            call = self._read(call)
        if reply is not None:
            self._unanswered[id(reply)] = reply
        self._waiting.append(_Envelope(call, reply, bounded))
        self._places_used += bounded
        self._wake()

    def stop(self, cause: str = "") -> None:
        """End after the present message; waiting messages are answered with `ActorGone`. Ignored if
        the actor is stopping already."""
        if not self._stop_wanted:
            self._end_cause = cause
        self._stop_wanted = True
        self._wake()

    def fail(self, error: BaseException) -> None:
        """End as if a handler had raised this error."""
        self._fault = error
        self._wake()

    async def run(self, started: Callable[[], None], context: object) -> Exit:
        """Run the actor; return how it ended. Only cancellation (a kill) is raised."""
        exit_ = KILLED
        try:
            await self._call_hook("started", context)
            started()
            self._started = True
            await self._handle_messages()
            await self._call_hook("stopping")
            exit_ = Exit("normal", self._end_cause)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            exit_ = self._crashed(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this actor's end
            exit_ = self._crashed(error)
        finally:
            self._close(exit_)
        return exit_

    async def _handle_messages(self) -> None:
        handled = 0
        while (envelope := await self._next()) is not None:
            await self._handle(envelope.call, envelope.reply)
            handled += 1
            if handled % _TURN == 0:
                await asyncio.sleep(0)

    async def _next(self) -> _Envelope | None:
        while not (self._waiting or self._stop_wanted or self._fault):
            self._asleep = asyncio.get_running_loop().create_future()
            await self._asleep
        if self._fault is not None:
            raise self._fault
        if self._stop_wanted:
            return None
        envelope = self._waiting.popleft()
        if envelope.bounded:
            self._places_used -= 1
            self._taken()
        return envelope

    async def _handle(self, call: Call, reply: Reply | None) -> None:
        try:
            value = await getattr(self._actor, call.method)(*call.args, **call.kwargs)
        except RetenderError as refusal:
            if reply is None:
                self._log_unreceived(call.method, refusal)
            else:
                self._settle(reply).fail(refusal)
            return
        if isinstance(value, Later):
            value.future.add_done_callback(partial(self._settle_later, call.method, reply))
        elif reply is not None:
            self._settle(reply).answer(value)

    def _settle_later(self, method: str, reply: Reply | None, future: asyncio.Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, RetenderError):
            self.fail(error)
        elif error is not None and reply is None:
            self._log_unreceived(method, error)
        elif reply is None or id(reply) not in self._unanswered:
            return
        elif future.cancelled():
            self._settle(reply).fail(ActorGone(f"{self._name} gave up this answer"))
        elif error is not None:
            self._settle(reply).fail(error)
        else:
            self._settle(reply).answer(future.result())

    def _crashed(self, error: BaseException) -> Exit:
        if self._started:  # else its starter gets the error
            logger.opt(exception=error).error("{} ended by an error", self._name)
        return Exit("crashed", describe(error))

    def _log_unreceived(self, method: str, error: RetenderError) -> None:
        """Nobody waits for this answer. The same error of a timer is a warning once a minute."""
        now = time.monotonic()
        again = now - self._unreceived.get((method, error.code), -math.inf) < UNRECEIVED_SECONDS
        if not again:
            self._unreceived[method, error.code] = now
        level = "DEBUG" if again else "WARNING"
        logger.log(
            level, "{}.{}: nobody waits for this error: {}", self._name, method, error.message
        )

    def _settle(self, reply: Reply) -> Reply:
        return self._unanswered.pop(id(reply))

    def _read(self, call: PackedCall) -> Call:
        method = getattr(type(self._actor), call.method, None)
        if method is None:
            raise BadRequest(f"{self._name} has no message {call.method!r}")
        return Call(call.method, *unpack_arguments(method, call.arguments, bound=True))

    async def _call_hook(self, hook: str, *args: object) -> None:
        method = getattr(self._actor, hook, None)
        if method is not None:
            await method(*args)

    def _wake(self) -> None:
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    def _close(self, exit_: Exit) -> None:
        self._closed = exit_
        self._waiting.clear()
        unanswered, self._unanswered = self._unanswered, {}
        for reply in unanswered.values():
            reply.fail(unanswered_by(self._name, exit_))


def full(name: str, bound: int) -> Busy:
    return Busy(f"{name} has {bound} messages waiting", retry_after=1.0)


def unanswered_by(name: str, exit_: Exit) -> ActorGone:
    return ActorGone(f"{name} ended before it answered", cause=exit_.cause)


def describe(error: BaseException) -> str:
    """An exception in one line, for health and logs."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    kind, text = type(error).__name__, " ".join(str(error).split())
    cause = f"{kind}: {text}" if text else kind
    return cause[:CAUSE_CHARS].encode(errors="replace").decode()
