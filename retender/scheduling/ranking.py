"""Who stands where in a long line: found, entered and left at little cost, among a million too."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

RUN: Final = 1000
"""Places in a run; one that has grown to twice as many is cut in two."""

T = TypeVar("T", bound=tuple[Any, ...])

_first: Final = itemgetter(0)


class Ranking(Generic[T]):
    """Tuples in order, no two alike, in runs: a change moves no more than those of its run."""

    def __init__(self, run: int = RUN) -> None:
        self._run = run
        self._runs: list[list[T]] = []

    def add(self, place: T) -> None:
        if not self._runs:
            self._runs.append([place])
            return
        at = self._run_of(place)
        run = self._runs[at]
        insort(run, place)
        if len(run) >= 2 * self._run:
            self._runs[at : at + 1] = [run[: self._run], run[self._run :]]

    def remove(self, place: T) -> None:
        """Raises `ValueError` for one that is not here."""
        at = self._run_of(place)
        run = self._runs[at] if self._runs else []
        index = bisect_left(run, place)
        if index == len(run) or run[index] != place:
            raise ValueError(f"{place} is not in the line")
        del run[index]
        if not run:
            del self._runs[at]

    def before(self, place: T) -> int:
        """How many come before it."""
        if not self._runs:
            return 0
        at = self._run_of(place)
        return sum(map(len, self._runs[:at])) + bisect_left(self._runs[at], place)

    def _run_of(self, place: T) -> int:
        return max(0, bisect_right(self._runs, place, key=_first) - 1)
