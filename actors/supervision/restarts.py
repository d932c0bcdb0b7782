"""Whether a child that ended is started again, and how soon: pure rules.

The counting is Erlang's: the times of recent restarts are kept, and one more than the limit
within the period is too many. The caller brings the time and the chance.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

from actors.runtime.api import Exit

Restart = Literal["permanent", "transient", "temporary"]
"""Started again: always; unless it ended normally; never."""

Verdict = Literal["rest", "restart", "exhausted"]

History = tuple[float, ...]

SHORTEST_LIFE: Final = 1.0
"""Seconds. An actor that ends itself sooner does not do so by plan: that counts like any end."""

# Doubling so often is past every cap; going on would only overflow.
_MOST_STEPS = 32


class Intensity(msgspec.Struct, frozen=True):
    """So many restarts within so many seconds are borne; one more is too many."""

    restarts: int = 5
    within: float = 60.0

    def __post_init__(self) -> None:
        if self.restarts < 0 or self.within <= 0:
            raise ValueError(f"no intensity: {self.restarts} restarts within {self.within} s")


class Backoff(msgspec.Struct, frozen=True):
    """How long to wait before a restart: `first`, then `factor` times longer each, up to `cap`."""

    first: float = 0.1
    factor: float = 2.0
    cap: float = 30.0

    def __post_init__(self) -> None:
        if self.first < 0 or self.factor < 1 or self.cap < self.first:
            raise ValueError(f"no backoff: {self.first} s times {self.factor} up to {self.cap} s")


class RestartDecision(NamedTuple):
    history: History
    verdict: Verdict


def rule(
    restart: Restart, exit_: Exit, intensity: Intensity, history: History, now: float
) -> RestartDecision:
    """What follows from this end, and the restarts to remember; none where the limit is past."""
    if restart == "temporary" or (restart == "transient" and exit_.normal):
        return RestartDecision(history, "rest")
    recent = (*(then for then in history if now - then <= intensity.within), now)
    if len(recent) > intensity.restarts:
        return RestartDecision((), "exhausted")
    return RestartDecision(recent, "restart")


def planned(restart: Restart, exit_: Exit, lived: float) -> bool:
    """Whether it ended itself to be started anew: at once then, and nothing is counted."""
    return restart == "permanent" and exit_.normal and lived >= SHORTEST_LIFE


def streak(before: int, lived: float, intensity: Intensity) -> int:
    """How many lives in a row ended early, counting the one that just ended."""
    return 1 if lived > intensity.within else before + 1


def delay(backoff: Backoff, streak: int, chance: float) -> float:
    """Seconds to wait: half of the nominal time for sure, the other half by chance in [0, 1]."""
    steps = min(streak - 1, _MOST_STEPS)
    nominal = min(backoff.cap, backoff.first * backoff.factor**steps)
    return nominal * (1 + chance) / 2
