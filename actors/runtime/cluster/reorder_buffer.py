"""Restores the order of messages that overtook each other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from actors.runtime.limits import GAP_SECONDS, SENDERS_KEPT


class _Sender:
    __slots__ = ("early", "gap", "next")

    def __init__(self) -> None:
        self.next = 0
        self.early: dict[int, Callable[[], None]] = {}
        self.gap: asyncio.TimerHandle | None = None


class ReorderBuffer:
    """Messages of one sender are numbered from 0 and delivered in that order.

    A missing message delays those after it for `GAP_SECONDS`. Then it counts as lost: its sender
    has died, or knows that it was lost.
    """

    def __init__(self, gap_seconds: float = GAP_SECONDS) -> None:
        self._gap_seconds = gap_seconds
        self._lines: OrderedDict[str, _Sender] = OrderedDict()

    def admit(self, line: str, number: int, enter: Callable[[], None]) -> None:
        """Call `enter` when it is this message's turn: now, or after those before it."""
        there = self._lines.setdefault(line, _Sender())
        self._lines.move_to_end(line)
        if number < there.next:
            enter()
            return
        there.early[number] = enter
        self._let_through(there)
        self._forget_the_oldest()

    def _let_through(self, line: _Sender) -> None:
        missed = line.next
        while (enter := line.early.pop(line.next, None)) is not None:
            line.next += 1
            enter()
        if line.next != missed:
            self._wait_no_more(line)
        if line.early and line.gap is None:
            loop = asyncio.get_running_loop()
            line.gap = loop.call_later(self._gap_seconds, self._skip, line)

    def _skip(self, line: _Sender) -> None:
        self._wait_no_more(line)
        line.next = min(line.early)
        self._let_through(line)

    def _wait_no_more(self, line: _Sender) -> None:
        if line.gap is not None:
            line.gap.cancel()
            line.gap = None

    def _forget_the_oldest(self) -> None:
        while len(self._lines) > SENDERS_KEPT:
            _, line = self._lines.popitem(last=False)
            if line.early:
                self._skip(line)
