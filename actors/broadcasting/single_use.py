"""Values that may be used once, before they expire."""

from __future__ import annotations

from collections import OrderedDict


class SingleUse:
    def __init__(self, capacity: int) -> None:
        """`capacity`: used values that are remembered until they expire."""
        self._capacity = capacity
        self._used: OrderedDict[str, float] = OrderedDict()

    def full(self, now: float) -> bool:
        self._forget(now)
        return len(self._used) >= self._capacity

    def first(self, value: str, until: float) -> bool:
        """True if this is the first use of the value."""
        if value in self._used:
            return False
        self._used[value] = until
        return True

    def _forget(self, now: float) -> None:
        """Forget expired values: they are refused without being remembered."""
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
