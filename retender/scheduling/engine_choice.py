"""Which engine a job goes to, and when another takes it on.

An engine may have workers set apart for one model: they are an engine of their own, called by
both names (`dedicated`). Only jobs that ask for that model go to them, and those nowhere else.

A job that names an engine stays with it. One that leaves it open (`auto`) goes to the first there
is, in the order of the deployment. Where spilling is switched on, one that nobody has begun goes
on to another engine when its wait has grown too long, as long as that one has room for it; and it
comes back when that one cannot after all, or not before the first one could.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from retender.errors import EngineUnavailable, InvalidOption
from retender.jobs.job import Job, Options
from retender.jobs.states import Status

AUTO: Final = "auto"
LOCAL: Final = "local"
GROQ: Final = "groq"

REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {LOCAL: "install `retender[whisper]`", GROQ: "set GROQ_API_KEY"}
)
"""Of every engine that may be asked for: what brings it here."""


class QueuedJob(NamedTuple):
    """A job that is with an engine."""

    job: Job
    seconds: float
    """Of audio that are left to do, as far as is known."""


def dedicated_engine(engine: str, model: str) -> str:
    """What an engine's workers for this model alone are called."""
    return f"{engine}/{model}" if model else engine


def base_engine(engine: str) -> str:
    """The engine that one asks for."""
    return engine.partition("/")[0]


def shared_engines(engines: Sequence[str]) -> tuple[str, ...]:
    """Those that are not set apart for one model."""
    return tuple(engine for engine in engines if engine == base_engine(engine))


def choose_engine(options: Options, engines: Sequence[str]) -> str:
    """The engine for a new job, where there are these, the preferred one first."""
    asked = options.engine
    if asked == AUTO and engines:
        asked = base_engine(engines[0])
    if (apart := dedicated_engine(asked, options.model or "")) in engines:
        return apart
    if asked in engines:
        return asked
    if asked == AUTO:
        ways = ", or ".join(REMEDIES.values())
        raise EngineUnavailable(f"nothing can be recognised here: {ways}")
    if asked not in REMEDIES:
        accepted = [AUTO, *REMEDIES]
        sentence = f"there is no engine '{asked}'; there are {', '.join(accepted)}"
        raise InvalidOption(sentence, field="engine", accepted=accepted)
    raise EngineUnavailable(f"the engine '{asked}' is not set up here: {REMEDIES[asked]}")


def must_stay(job: Job) -> bool:
    """It has been begun, or its caller named what is to work on it: an engine, or a model that
    others may not have."""
    bound = job.options.engine != AUTO or bool(job.options.model)
    return bound or job.status is not Status.QUEUED or job.chunks > 0


def jobs_to_move(
    line: Iterable[QueuedJob], *, pace: float, after: float, down: bool, room: float
) -> Iterator[Job]:
    """Which of the jobs with an engine are to go to another: those that would wait for `after`
    seconds or longer. The next one comes first.

    `pace` is how many seconds one second of audio takes here; where the engine is `down`, it
    takes for ever. `room` is how much audio can be taken elsewhere at once.
    """
    ahead = 0.0
    for job, seconds in line:
        wait = math.inf if down else ahead * pace
        if wait >= after and not must_stay(job) and seconds <= room:
            room -= seconds
            yield job
        else:
            ahead += seconds
