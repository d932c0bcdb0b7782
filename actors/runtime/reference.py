"""`ask` and `tell`, the same on every host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from actors.runtime.api import ASK_SECONDS
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall, unpack_answer
from retender.errors import NoAnswer, RetenderError


class Router(Protocol):
    """Delivers messages by name."""

    def deliver(
        self, sender: str, to: str, call: Call | PackedCall, reply: Reply | None
    ) -> None: ...


class RoutedRef:
    """Implements `Ref`; the protocol has the precise types."""

    def __init__(
        self, router: Router, name: str, *, sender: str, seconds: float = ASK_SECONDS
    ) -> None:
        self.name = name
        self._router = router
        self._sender = sender
        self._seconds = seconds

    def within(self, seconds: float) -> RoutedRef:
        return RoutedRef(self._router, self.name, sender=self._sender, seconds=seconds)

    async def ask(self, method: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        reply = _FutureReply(answer)
        timer = loop.call_later(self._seconds, self._give_up, reply, method.__name__)
        try:
            call = Call(method.__name__, args, kwargs)
            self._router.deliver(self._sender, self.name, call, reply)
            value = await answer
        finally:
            timer.cancel()
        return unpack_answer(method, value) if isinstance(value, msgspec.Raw) else value

    def tell(self, method: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
        call = Call(method.__name__, args, kwargs)
        self._router.deliver(self._sender, self.name, call, None)

    def _give_up(self, reply: Reply, method: str) -> None:
        message = f"{self.name} did not answer {method} within {self._seconds:g} s"
        reply.fail(NoAnswer(message))


class _FutureReply:
    """An answer awaited in this process. Late answers are dropped."""

    __slots__ = ("_future",)

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self._future = future

    def answer(self, value: Any) -> None:
        if not self._future.done():
            self._future.set_result(value)

    def fail(self, error: RetenderError) -> None:
        if not self._future.done():
            self._future.set_exception(error)
