"""Whether an engine takes work, and why not, from the reports of its pool and its workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from retender.workers.reports import DefaultInUse, WorkerReport
from retender.workers.usage import Usage


class PoolReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The workers of an engine, as their pool sees them."""

    engine: str
    workers: int = 0
    """Workers that run."""
    starting: int = 0
    down: tuple[str, ...] = ()
    """For each worker that does not run: the cause."""


class EngineInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ready: bool
    """It takes work. Even so it may lack workers or capacity: see `reason`."""
    starting: bool = False
    """Not ready yet, but nothing is wrong."""
    reason: str = ""
    workers: int = 0
    audio_seconds_waiting: float = 0.0
    """Seconds of audio in all its unfinished jobs."""
    usage: dict[str, Usage] = {}
    """What is used of the limits of each model; empty if there are no limits."""
    default: DefaultInUse | None = None
    """The model for jobs that name none; None if it has no models of its own, or none is settled
    yet."""

    @property
    def limited(self) -> bool:
        """The limits of one of its models are used up."""
        return any(used.full_until is not None for used in self.usage.values())

    @property
    def available_seconds(self) -> float:
        """Seconds of audio that its limits would permit now if nothing waited for it."""
        return min(
            (float(used.available_seconds) for used in self.usage.values()), default=math.inf
        )


def describe_engine(
    name: str,
    pool: PoolReport | None,
    reports: Sequence[WorkerReport],
    audio_seconds_waiting: float,
) -> EngineInfo:
    """`pool`: None if the pool has sent no report lately."""
    if pool is None:
        return EngineInfo(
            name=name, ready=False, reason=f"nothing has been heard from the pool of '{name}'"
        )
    troubles = [report.trouble for report in reports if report.trouble]
    all_failing = bool(reports) and len(troubles) == len(reports)
    usage = {model: used for report in reports for model, used in report.usage.items()}
    reasons = [*pool.down, *dict.fromkeys(troubles), *_spent(usage)]
    starting = pool.starting > 0 and not pool.workers
    return EngineInfo(
        name=name,
        ready=pool.workers > 0 and not all_failing,
        starting=starting,
        reason="; ".join(reasons) or ("its workers are starting" if starting else ""),
        workers=pool.workers,
        audio_seconds_waiting=audio_seconds_waiting,
        usage=usage,
        default=next((report.default for report in reports if report.default is not None), None),
    )


def starting_engine(name: str) -> EngineInfo:
    """For the first moments after the manager starts, before the pool has reported."""
    return EngineInfo(name=name, ready=False, starting=True, reason="its workers are starting")


def _spent(usage: dict[str, Usage]) -> Iterable[str]:
    for model, used in usage.items():
        if used.full_until is not None:
            clock = datetime.fromtimestamp(used.full_until, UTC).strftime("%H:%M")
            yield f"the limits of {model} are used up until {clock} UTC"
