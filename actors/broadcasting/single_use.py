"""What is good once, and only until a certain time: who has it, has it first or too late."""

from __future__ import annotations

from collections import OrderedDict


class SingleUse:
    def __init__(self, room: int) -> None:
        """For so many at a time that are not yet out of date."""
        self._room = room
        self._used: OrderedDict[str, float] = OrderedDict()

    def full(self, now: float) -> bool:
        self._forget(now)
        return len(self._used) >= self._room

    def first(self, number: str, until: float) -> bool:
        """Whether this is its first use."""
        if number in self._used:
            return False
        self._used[number] = until
        return True

    def _forget(self, now: float) -> None:
        """What is out of date needs not be remembered to be refused."""
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
