"""Who hands in what, and when: one day of a busy service, from a seed."""

from __future__ import annotations

import enum
import heapq
import math
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from retender.jobs.job import Options
from retender.scheduling.engine_choice import GROQ

GREEDY: Final = "greedy"


class Kind(NamedTuple):
    name: str
    share: float
    shortest: float
    longest: float
    """Seconds of audio; in between every doubling is as likely as the next."""

    @property
    def mean(self) -> float:
        return (self.longest - self.shortest) / math.log(self.longest / self.shortest)


CLIP: Final = Kind("clip", 0.86, 2.0, 60.0)
KINDS: Final = (
    CLIP,
    Kind("talk", 0.13, 60.0, 480.0),
    Kind("meeting", 0.009, 1200.0, 5400.0),
    Kind("hours", 0.001, 7200.0, 18_000.0),
)

MODELS: Final = tuple(Options(model=model) for model in ("", "", "", "small", "large-v3"))
PRIORITIES: Final = (0,) * 18 + (-5, 5)
ELSEWHERE: Final = Options(engine=GROQ)


class Fate(enum.Enum):
    """What becomes of a job if it is worked on."""

    FINE = "fine"
    CORRUPT = "corrupt"
    """Cannot be decoded."""
    DEADLY = "deadly"
    """Kills each worker that works on its first chunk."""
    CANCELLED = "cancelled"
    """Its caller thinks better of it, unless it is done by then."""


class Arrival(NamedTuple):
    at: float
    job_id: str
    owner: str
    kind: Kind
    seconds: float
    options: Options
    priority: int
    fate: Fate


class Mix(NamedTuple):
    jobs: int
    seed: int
    span: float
    """Seconds from the first arrival to the last."""
    owners: int = 200
    greedy: float = 0.1
    """This share of all jobs one caller hands in at once; 0: there is no such caller."""
    bursts: int = 5
    burst: float = 0.005
    """This share of all jobs comes within a minute, from one caller, so many times."""
    swing: float = 0.5
    """So much more than on average comes at the busiest time, and less at the quietest."""

    def owner(self, rank: int) -> str:
        return f"owner-{rank:03}"

    @property
    def small_owners(self) -> frozenset[str]:
        """The tenth that hand in least."""
        return frozenset(map(self.owner, range(self.owners - self.owners // 10, self.owners)))


def mean_seconds() -> float:
    """Of audio in a job."""
    return sum(kind.share * kind.mean for kind in KINDS)


def arrivals(mix: Mix) -> Iterator[Arrival]:
    """In order of time. What ordinary callers do is the same with and without the greedy one."""
    streams = [_ordinary(mix), *(_burst(mix, n) for n in range(mix.bursts))]
    if mix.greedy:
        streams.append(_greedy(mix))
    return heapq.merge(*streams)


def _ordinary(mix: Mix) -> Iterator[Arrival]:
    random = Random(f"{mix.seed}/ordinary")
    jobs = round(mix.jobs * (0.9 - mix.bursts * mix.burst))
    weights = list(accumulate(1 / rank for rank in range(1, mix.owners + 1)))
    day = _Day(mix.swing)
    # The order statistics of as many evenly spread moments, one after the other.
    left = 1.0
    for n in range(jobs):
        left *= random.random() ** (1 / (jobs - n))
        rank = bisect_left(weights, random.random() * weights[-1])
        yield _job(mix.span * day.moment(1 - left), f"job-{n}", mix.owner(rank), random)


def _burst(mix: Mix, number: int) -> Iterator[Arrival]:
    random = Random(f"{mix.seed}/burst/{number}")
    begins = mix.span * random.uniform(0.05, 0.95)
    moments = sorted(random.uniform(0.0, 60.0) for _ in range(round(mix.jobs * mix.burst)))
    for n, after in enumerate(moments):
        yield _job(begins + after, f"burst-{number}-{n}", f"burst-{number}", random)


def _greedy(mix: Mix) -> Iterator[Arrival]:
    random = Random(f"{mix.seed}/greedy")
    for n in range(round(mix.jobs * mix.greedy)):
        yield _job(0.3 * mix.span, f"greedy-{n}", GREEDY, random, CLIP)


def _job(at: float, job_id: str, owner: str, random: Random, kind: Kind | None = None) -> Arrival:
    if kind is None:
        kind = random.choices(KINDS, [each.share for each in KINDS])[0]
    seconds = kind.shortest * (kind.longest / kind.shortest) ** random.random()
    elsewhere = kind is CLIP and random.random() < 0.02
    options = ELSEWHERE if elsewhere else random.choice(MODELS)
    return Arrival(
        at, job_id, owner, kind, seconds, options, random.choice(PRIORITIES), _fate(random)
    )


def _fate(random: Random) -> Fate:
    chance = random.random()
    if chance < 0.003:
        return Fate.CORRUPT
    if chance < 0.00305:
        return Fate.DEADLY
    return Fate.CANCELLED if chance < 0.008 else Fate.FINE


class _Day:
    """The night is quiet, the afternoon busy."""

    STEPS: Final = 1000

    def __init__(self, swing: float) -> None:
        steps = range(self.STEPS)
        rates = (1.0 - swing * math.cos(2 * math.pi * (n + 0.5) / self.STEPS) for n in steps)
        self._sums = [0.0, *accumulate(rates)]

    def moment(self, share: float) -> float:
        """When this share of the day's jobs has come."""
        wanted = share * self._sums[-1]
        step = max(1, bisect_left(self._sums, wanted))
        before, after = self._sums[step - 1], self._sums[min(step, self.STEPS)]
        inside = (wanted - before) / (after - before) if after > before else 1.0
        return min(1.0, (step - 1 + inside) / self.STEPS)
