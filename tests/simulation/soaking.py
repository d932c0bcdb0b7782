"""New simulated services on all cores, until a time or a number is reached.

A service that breaks a promise does not end the rest: what broke it can be one case in a hundred
thousand, and the others are worth their figures.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context

from loguru import logger

from tests.simulation.kinds import KINDS

SEEDS_AT_ONCE = 20
"""What a process is given: some ten seconds of work."""


@dataclass
class Tally:
    """What came of some worlds."""

    worlds: int = 0
    dealt: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.worlds += other.worlds
        self.dealt += other.dealt
        self.broken += other.broken

    def __str__(self) -> str:
        verdict = "every promise held" if not self.broken else f"{len(self.broken)} BROKE A PROMISE"
        return f"{self.worlds} worlds, {verdict}; faults: {dict(self.dealt)}"


def soak(minutes: float = float("inf"), worlds: float = float("inf")) -> Iterator[Tally]:
    """Runs each kind of world with new seeds; what came of some of them, as soon as it is known."""
    end = time.monotonic() + minutes * 60
    yield from _on_all_cores(_while(end, worlds))


def _while(end: float, worlds: float) -> Iterator[range]:
    """Seeds that nobody has had, twenty at a time."""
    first = seed = time.time_ns() // 1000
    while time.monotonic() < end and (seed - first) * len(KINDS) < worlds:
        yield range(seed, seed + SEEDS_AT_ONCE)
        seed += SEEDS_AT_ONCE


def _on_all_cores(seeds: Iterable[range]) -> Iterator[Tally]:
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, get_context("spawn"), initializer=silence) as pool:
        under_way: set[Future[Tally]] = set()
        for some in seeds:
            under_way.add(pool.submit(run, some))
            if len(under_way) >= cores:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in under_way)


def silence() -> None:
    logger.remove()


def run(seeds: Iterable[int]) -> Tally:
    tally = Tally()
    for seed in seeds:
        for name, kind in KINDS.items():
            world = kind(seed)
            try:
                world.run()
            except Exception as error:  # noqa: BLE001 - whatever it is, the promise is broken
                again = f"{name} {seed}".strip()
                tally.broken.append(f"{error!r}: run it again with make replay SEED='{again}'")
            tally.worlds += 1
            tally.dealt += world.fate.dealt
    return tally
