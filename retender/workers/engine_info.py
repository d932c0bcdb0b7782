"""Whether an engine can be given work, and why not: what its pool says of itself, and its workers
of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from retender.workers.reports import WorkerReport
from retender.workers.usage import Usage


class PoolReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How it is with an engine's workers, as their pool sees it."""

    engine: str
    workers: int = 0
    """Those that are up."""
    starting: int = 0
    down: tuple[str, ...] = ()
    """The others, each with the cause."""


class EngineInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ready: bool
    """It takes work. It may be short of workers or of room even so: `reason` says it."""
    starting: bool = False
    """Not ready, and nothing is wrong."""
    reason: str = ""
    workers: int = 0
    audio_seconds_waiting: float = 0.0
    """Of all unfinished jobs that are with it."""
    usage: dict[str, Usage] = {}
    """What is used of each model's allowance, where it has one."""

    @property
    def available_seconds(self) -> float:
        """Seconds of audio that could be sent at once, were nothing waiting for it."""
        return min(
            (float(used.available_seconds) for used in self.usage.values()), default=math.inf
        )


def describe_engine(
    name: str,
    condition: PoolReport | None,
    reports: Sequence[WorkerReport],
    audio_seconds_waiting: float,
) -> EngineInfo:
    """`condition`: None where the pool has not been heard of lately."""
    if condition is None:
        silent = f"nothing has been heard of the workers with the engine '{name}'"
        return EngineInfo(name=name, ready=False, reason=silent)
    troubles = [report.trouble for report in reports if report.trouble]
    hindered = bool(reports) and len(troubles) == len(reports)
    usage = {model: used for report in reports for model, used in report.usage.items()}
    reasons = [*condition.down, *dict.fromkeys(troubles), *_spent(usage)]
    starting = condition.starting > 0 and not condition.workers
    return EngineInfo(
        name=name,
        ready=condition.workers > 0 and not hindered,
        starting=starting,
        reason="; ".join(reasons) or ("its workers are starting" if starting else ""),
        workers=condition.workers,
        audio_seconds_waiting=audio_seconds_waiting,
        usage=usage,
    )


def starting_engine(name: str) -> EngineInfo:
    """In the first moments of a manager's life."""
    return EngineInfo(name=name, ready=False, starting=True, reason="its workers are starting")


def _spent(usage: dict[str, Usage]) -> Iterable[str]:
    for model, used in usage.items():
        if used.full_until is not None:
            clock = datetime.fromtimestamp(used.full_until, UTC).strftime("%H:%M")
            yield f"the limits of {model} are used up until {clock} UTC"
