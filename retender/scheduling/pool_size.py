"""Decides how many workers a pool has: more when audio waits, fewer after idling."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    least: int = 1
    most: int = 1
    seconds_per_worker: float = 60.0
    """Seconds of waiting audio for which one more worker is started."""
    idle_seconds: float = 60.0
    """After so many seconds with too many workers, one of them is stopped."""

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"no pool can have at least {self.least} and at most {self.most}")


class Change(NamedTuple):
    more: int
    """How many workers to start."""
    stop: tuple[str, ...]
    """The workers to stop."""


class Sizing(msgspec.Struct, frozen=True):
    """The size aimed at, and since when there have been more workers than needed."""

    size: int
    idle_since: float | None = None


def resize(
    before: Sizing, bounds: Bounds, *, seconds_waiting: float, busy: int, now: float
) -> Sizing:
    """Grow at once; shrink by one, and only after idling. `busy`: how many workers have work."""
    wanted = busy + math.ceil(seconds_waiting / bounds.seconds_per_worker)
    wanted = min(bounds.most, max(bounds.least, wanted))
    if wanted >= before.size:
        return Sizing(wanted)
    since = now if before.idle_since is None else before.idle_since
    if now - since < bounds.idle_seconds:
        return Sizing(before.size, since)
    return Sizing(before.size - 1, now)


def plan_change(size: int, workers: Sequence[str], busy: Collection[str]) -> Change:
    """How to get from these workers to this size. The last workers are stopped, but none that has
    work: it is stopped later, when its work is done."""
    too_many = max(0, len(workers) - size)
    idle = [worker for worker in reversed(workers) if worker not in busy]
    return Change(max(0, size - len(workers)), tuple(idle[:too_many]))
