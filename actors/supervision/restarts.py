"""Whether a child that ended is restarted, and how soon: pure rules.

Restart intensity works as in Erlang: the times of recent restarts are kept, and one more than the
limit within the period is too many. The caller passes the time and the random number.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

from actors.runtime.api import Exit

Restart = Literal["permanent", "transient", "temporary"]
"""Restarted: always; unless it ended normally; never."""

Verdict = Literal["rest", "restart", "exhausted"]

History = tuple[float, ...]

SHORTEST_UPTIME: Final = 1.0
"""Seconds. An actor that ends itself sooner counts as crashed, not as ended by plan."""

# So many doublings exceed every cap; more would overflow.
_MOST_STEPS = 32


class Intensity(msgspec.Struct, frozen=True):
    """At most `restarts` within `within` seconds; one more is too many."""

    restarts: int = 5
    within: float = 60.0

    def __post_init__(self) -> None:
        if self.restarts < 0 or self.within <= 0:
            raise ValueError(f"no intensity: {self.restarts} restarts within {self.within} s")


class Backoff(msgspec.Struct, frozen=True):
    """Seconds before a restart: `first`, each time multiplied by `factor`, at most `cap`."""

    first: float = 0.1
    factor: float = 2.0
    cap: float = 30.0

    def __post_init__(self) -> None:
        if self.first < 0 or self.factor < 1 or self.cap < self.first:
            raise ValueError(f"no backoff: {self.first} s times {self.factor} up to {self.cap} s")


class RestartDecision(NamedTuple):
    history: History
    verdict: Verdict


def decide_restart(
    restart: Restart, exit_: Exit, intensity: Intensity, history: History, now: float
) -> RestartDecision:
    """The decision after an exit, and the history to keep; empty if the limit is exceeded."""
    if restart == "temporary" or (restart == "transient" and exit_.normal):
        return RestartDecision(history, "rest")
    recent = (*(then for then in history if now - then <= intensity.within), now)
    if len(recent) > intensity.restarts:
        return RestartDecision((), "exhausted")
    return RestartDecision(recent, "restart")


def planned(restart: Restart, exit_: Exit, uptime: float) -> bool:
    """True if the actor ended itself by plan: it is restarted at once, and nothing is counted."""
    return restart == "permanent" and exit_.normal and uptime >= SHORTEST_UPTIME


def streak(before: int, uptime: float, intensity: Intensity) -> int:
    """How many instances in a row ended early, including the last one."""
    return 1 if uptime > intensity.within else before + 1


def delay(backoff: Backoff, streak: int, chance: float) -> float:
    """Seconds to wait: half of the nominal time, plus jitter (`chance` in [0, 1]) on the rest."""
    steps = min(streak - 1, _MOST_STEPS)
    nominal = min(backoff.cap, backoff.first * backoff.factor**steps)
    return nominal * (1 + chance) / 2
