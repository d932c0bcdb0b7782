"""How many workers there should be."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    least: int = 1
    most: int = 1
    seconds_per_worker: float = 60.0
    """One more worker for so many seconds of audio waiting."""
    idle_seconds: float = 60.0
    """A worker too many for so long is given back."""

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"no pool can have at least {self.least} and at most {self.most}")


class Change(NamedTuple):
    more: int
    """So many workers are to be started."""
    stop: tuple[str, ...]


class Sizing(msgspec.Struct, frozen=True):
    """The size to go for, and since when there have been more workers than needed."""

    size: int
    idle_since: float | None = None


def resize(
    before: Sizing, bounds: Bounds, *, seconds_waiting: float, busy: int, now: float
) -> Sizing:
    """Grow at once; shrink one at a time, and only after idling. `busy` have work in hand."""
    wanted = busy + math.ceil(seconds_waiting / bounds.seconds_per_worker)
    wanted = min(bounds.most, max(bounds.least, wanted))
    if wanted >= before.size:
        return Sizing(wanted)
    since = now if before.idle_since is None else before.idle_since
    if now - since < bounds.idle_seconds:
        return Sizing(before.size, since)
    return Sizing(before.size - 1, now)


def plan_change(size: int, workers: Sequence[str], busy: Collection[str]) -> Change:
    """From these workers to a pool of this size. Of those too many the last go; but nobody with
    work in hand, whose turn comes when it is done."""
    too_many = max(0, len(workers) - size)
    idle = [worker for worker in reversed(workers) if worker not in busy]
    return Change(max(0, size - len(workers)), tuple(idle[:too_many]))
