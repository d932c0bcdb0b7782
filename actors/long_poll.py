"""Those who asked and agreed to wait: each is answered when there is something, or in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from actors.runtime.api import Later
from retender.errors import RetenderError

Q = TypeVar("Q")
R = TypeVar("R")


class LongPoll(Generic[R]):
    """One who waits, until a time."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.later: Later[R] = Later(asyncio.get_running_loop().create_future())

    def give(self, reply: R) -> None:
        if not self.later.future.done():
            self.later.future.set_result(reply)

    def refuse(self, error: RetenderError) -> None:
        if not self.later.future.done():
            self.later.future.set_exception(error)


class LongPolls(Generic[Q, R]):
    """Askers in the order they came."""

    def __init__(self) -> None:
        self._askers: deque[tuple[Q, LongPoll[R]]] = deque()

    def __len__(self) -> int:
        return len(self._askers)

    def add(self, question: Q, until: float) -> Later[R]:
        asker: LongPoll[R] = LongPoll(until)
        self._askers.append((question, asker))
        return asker.later

    def answer(self, reply: Callable[[Q], R | None]) -> None:
        """Offer each an answer."""
        for _ in range(len(self._askers)):
            question, asker = self.pop()
            if (found := reply(question)) is None:
                self.push(question, asker)
            else:
                asker.give(found)

    def pop(self) -> tuple[Q, LongPoll[R]]:
        """Take the one that has waited longest; who has no answer for it pushes it back."""
        question, asker = self._askers.popleft()
        return question, asker

    def push(self, question: Q, asker: LongPoll[R]) -> None:
        self._askers.append((question, asker))

    def dismiss(self, until: float, reply: Callable[[Q], R]) -> None:
        """Answer those whose patience ends by then."""
        for _ in range(len(self._askers)):
            question, asker = self.pop()
            if asker.until <= until:
                asker.give(reply(question))
            else:
                self.push(question, asker)


def at_once(reply: R) -> Later[R]:
    asker: LongPoll[R] = LongPoll(0.0)
    asker.give(reply)
    return asker.later
