"""The context that every host gives its actors; each host adds `spawn`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, TypeVar, cast

from actors.runtime.api import Clock, Ref
from actors.runtime.mailbox import Call, Mailbox
from actors.runtime.reference import RoutedRef, Router
from retender.errors import RetenderError

A = TypeVar("A")
R = TypeVar("R")


class ActorContext:
    """`Context` without `spawn`."""

    def __init__(
        self, name: str, mailbox: Mailbox, router: Router, *, clock: Clock, seed: str
    ) -> None:
        self.name = name
        self.clock = clock
        self.random = Random(seed)
        self._mailbox = mailbox
        self._router = router
        self._timers: set[asyncio.TimerHandle] = set()
        self._pipes: set[asyncio.Future[Any]] = set()
        self._silent = False

    @property
    def stopping(self) -> bool:
        return self._mailbox.stopping

    def ref(self, kind: type[A], name: str) -> Ref[A]:  # noqa: ARG002 - kind is for the type checker
        return cast("Ref[A]", RoutedRef(self._router, name, sender=self.name))

    def after(
        self, seconds: float, method: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> None:
        def ring() -> None:
            self._timers.discard(timer)
            self._mailbox.put(Call(method.__name__, args, kwargs), None, bounded=False)

        if self._silent:
            return
        timer = asyncio.get_running_loop().call_later(seconds, ring)
        self._timers.add(timer)

    def pipe(
        self,
        answer: Awaitable[R],
        then: Callable[[Any, R], Awaitable[Any]],
        otherwise: Callable[[Any, RetenderError], Awaitable[Any]],
    ) -> None:
        def arrived(task: asyncio.Future[R]) -> None:
            self._pipes.discard(task)
            if task.cancelled():
                if not self._silent:
                    self._mailbox.fail(asyncio.CancelledError())
                return
            match task.exception():
                case None:
                    self.after(0, then, task.result())
                case RetenderError() as error:
                    self.after(0, otherwise, error)
                case error:  # It ends the actor, as in a handler.
                    self._mailbox.fail(error)

        # The answer itself is the task: so one that is cancelled at once was awaited all the same.
        task = asyncio.ensure_future(answer)
        self._pipes.add(task)
        task.add_done_callback(arrived)

    def end(self, cause: str = "") -> None:
        self._mailbox.stop(cause)

    def silence(self) -> None:
        """The actor has ended: cancel its timers and pending answers."""
        self._silent = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for pipe in self._pipes:
            pipe.cancel()
