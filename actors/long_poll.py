"""Long polls: questions that are answered when there is data, or at their deadline."""

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
    """One waiting question. `until`: its deadline, by the monotonic clock."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.later: Later[R] = Later(asyncio.get_running_loop().create_future())

    def answer(self, reply: R) -> None:
        if not self.later.future.done():
            self.later.future.set_result(reply)

    def fail(self, error: RetenderError) -> None:
        if not self.later.future.done():
            self.later.future.set_exception(error)


class LongPolls(Generic[Q, R]):
    """Waiting questions in the order of their arrival."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Q, LongPoll[R]]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, question: Q, until: float) -> Later[R]:
        poll: LongPoll[R] = LongPoll(until)
        self._waiting.append((question, poll))
        return poll.later

    def answer_each(self, reply: Callable[[Q], R | None]) -> None:
        """Answer each question for which `reply` returns a value; the others keep waiting."""
        for _ in range(len(self._waiting)):
            question, poll = self.pop()
            if (found := reply(question)) is None:
                self.push(question, poll)
            else:
                poll.answer(found)

    def pop(self) -> tuple[Q, LongPoll[R]]:
        """Take the oldest question; `push` it back if there is no answer for it."""
        question, poll = self._waiting.popleft()
        return question, poll

    def push(self, question: Q, poll: LongPoll[R]) -> None:
        self._waiting.append((question, poll))

    def expire(self, now: float, reply: Callable[[Q], R]) -> None:
        """Answer the questions whose deadline is over."""
        for _ in range(len(self._waiting)):
            question, poll = self.pop()
            if poll.until <= now:
                poll.answer(reply(question))
            else:
                self.push(question, poll)


def at_once(reply: R) -> Later[R]:
    poll: LongPoll[R] = LongPoll(0.0)
    poll.answer(reply)
    return poll.later
