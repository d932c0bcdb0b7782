"""Chooses the engine of a job, and the jobs that move to another engine.

Workers may be dedicated to one model: they count as an engine of their own, named
`engine/model`. Jobs that ask for this model go only to them, and no other jobs do.

A job that names an engine stays with it. A job that leaves it open (`auto`) goes to the first
engine in the order of the deployment. If spilling is on, a job that has not started moves to
another engine when it would wait too long and the other has capacity for it. It comes back if the
other engine fails, or would be later than the first.
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
"""Every engine that a caller may name, and how to make it available."""


class QueuedJob(NamedTuple):
    """An unfinished job of an engine."""

    job: Job
    seconds: float
    """Seconds of audio left, as far as is known."""


def dedicated_engine(engine: str, model: str) -> str:
    """The name of the engine's workers that are dedicated to this model."""
    return f"{engine}/{model}" if model else engine


def base_engine(engine: str) -> str:
    """The engine that a caller names, without the model."""
    return engine.partition("/")[0]


def shared_engines(engines: Sequence[str]) -> tuple[str, ...]:
    """The engines that are not dedicated to one model."""
    return tuple(engine for engine in engines if engine == base_engine(engine))


def choose_engine(options: Options, engines: Sequence[str]) -> str:
    """The engine for a new job. `engines`: those available, the preferred one first."""
    asked = options.engine
    if asked == AUTO and engines:
        asked = base_engine(engines[0])
    if (dedicated := dedicated_engine(asked, options.model or "")) in engines:
        return dedicated
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
    """True if the job has started, or if its caller named an engine or a model: another engine
    may not have that model."""
    bound = job.options.engine != AUTO or bool(job.options.model)
    return bound or job.status is not Status.QUEUED or job.chunks > 0


def jobs_to_move(
    queue: Iterable[QueuedJob], *, pace: float, after: float, down: bool, capacity: float
) -> Iterator[Job]:
    """The jobs of an engine that move to another: those that would wait `after` seconds or longer.

    `queue` is in order, the next job first. `pace` is how many seconds the engine takes for a
    second of audio; an engine that is `down` takes for ever. `capacity` is how many seconds of
    audio the other engine can take now.
    """
    ahead = 0.0
    for job, seconds in queue:
        wait = math.inf if down else ahead * pace
        if wait >= after and not must_stay(job) and seconds <= capacity:
            capacity -= seconds
            yield job
        else:
            ahead += seconds
