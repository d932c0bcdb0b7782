"""The simulated days, and what is said of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench.scale.tally import Group, Labels, Tally
from bench.scale.workload import CLIP, GREEDY, Arrival, Fate, Mix, arrivals, mean_seconds
from bench.scale.world import Pool, World
from retender.jobs.job import Options
from retender.scheduling.engine_choice import LOCAL

LOAD: Final = 0.75
"""Of what the pool can do so much is asked of it, taken over the day."""

GREEDY_SECONDS: Final = 0.04
"""So much of the day the greedy caller's jobs are about."""

ALONGSIDE: Final = ("callers with few jobs", "all other callers")


def a_mix(jobs: int, workers: int, seed: int, load: float = LOAD) -> Mix:
    pool = Pool(workers)
    seconds = jobs * mean_seconds() * pool.pace[LOCAL]
    return Mix(jobs, seed, seconds / pool.here / load)


def a_pool(workers: int, mix: Mix) -> Pool:
    """Two nodes fall silent in the course of the day."""
    return Pool(workers, nodes=(0.2 * mix.span, 0.6 * mix.span))


def live(mix: Mix, workers: int, timer: Callable[[], float] = time.perf_counter) -> World:
    """A whole day."""
    pool = a_pool(workers, mix)
    world = World(arrivals(mix), pool, mix.seed, labels=by_kind(mix), timer=timer)
    world.run()
    return world


def by_kind(mix: Mix) -> Labels:
    small = mix.small_owners
    begins, ends = 0.3 * mix.span, (0.3 + GREEDY_SECONDS) * mix.span

    def labels(arrival: Arrival) -> tuple[str, ...]:
        if arrival.owner == GREEDY:
            return ("the greedy caller",)
        found = [f"{arrival.kind.name}, priority {arrival.priority:+}"]
        if arrival.priority == 0:
            found = [arrival.kind.name]
        if begins <= arrival.at <= ends and arrival.priority == 0:
            found.append(ALONGSIDE[arrival.owner not in small])
        return tuple(found)

    return labels


def told(world: World, seconds: float) -> Iterator[str]:
    tally = world.tally
    jobs = tally.ends.total()
    ends = ", ".join(f"{count:,} {status}" for status, count in sorted(tally.ends.items()))
    yield f"{jobs:,} jobs, {tally.turns:,} pieces given out in {seconds:.0f} s: {ends}"
    yield f"decisions {world.digest[:16]}"
    yield (
        f"{tally.end / 3600:.2f} h simulated; {tally.audio / tally.end:.0f} s of audio a second, "
        f"{jobs / tally.end:.1f} jobs, {tally.turns / tally.end:.1f} pieces"
    )
    here = world.pool.here
    yield (
        f"workers busy {tally.busy / here / tally.end:.1%}; idle while something waited "
        f"{tally.idle_beside_work / here / tally.end:.3%}; longest queue "
        f"{tally.longest_queue:,} pieces"
    )
    yield (
        f"last end {tally.end - tally.ideal_end:.0f} s after that of a pool that shares "
        f"everything evenly; {tally.deaths:,} deaths of workers, "
        f"{tally.failed_attempts:,} failed attempts"
    )


def groups(tally: Tally) -> Iterator[str]:
    head = (
        f"{'':24}{'jobs':>9}  {'wait p50':>8}{'p99':>8}{'max':>8}  {'slowdown p50':>12}{'p99':>8}"
    )
    yield f"{head}  {'longest without a turn':>22}"
    for name in sorted(tally.groups):
        yield row(name, tally.groups[name])


def row(name: str, group: Group) -> str:
    waits, slow = sorted(group.waits), sorted(group.slowdowns)
    times = "".join(f"{at(waits, share):8.1f}" for share in (0.5, 0.99, 1.0))
    factors = f"{at(slow, 0.5):12.1f}{at(slow, 0.99):8.1f}"
    return f"{name:24}{len(waits):9,}  {times}  {factors}  {group.starved:22.1f}"


def costs(tally: Tally) -> Iterator[str]:
    for digits, took in sorted(tally.costs.items()):
        p50, p99 = (at(sorted(took), share) * 1e6 for share in (0.5, 0.99))
        waiting = f"{10 ** (digits - 1):,} to {10**digits - 1:,} waiting"
        yield f"{waiting:32}{len(took):9,} exchanges  p50 {p50:6.0f} us   p99 {p99:6.0f} us"


def fairness(mix: Mix, workers: int) -> Iterator[str]:
    """The same callers beside the greedy one, and without it."""
    head = f"{'':46}{'wait p50':>8}{'p99':>8}{'max':>8}  {'slowdown p50':>12}{'p99':>8}"
    yield head
    for greedy in (mix.greedy, 0.0):
        tally = live(mix._replace(greedy=greedy), workers).tally
        for name in ALONGSIDE:
            title = f"{name}, {'beside' if greedy else 'without'}"
            group = tally.groups[name]
            waits, slow = sorted(group.waits), sorted(group.slowdowns)
            times = "".join(f"{at(waits, share):8.1f}" for share in (0.5, 0.99, 1.0))
            factors = f"{at(slow, 0.5):12.1f}{at(slow, 0.99):8.1f}"
            yield f"{title:36}{len(waits):6,} jobs{times}  {factors}"


def one_long(pools: Sequence[int], seed: int) -> Iterator[str]:
    """Ten hours, with nobody else there and nothing going wrong."""
    alone = 0.0
    for workers in pools:
        pool = Pool(workers, elsewhere=0.0).steady
        arrival = Arrival(0.0, "long", "ana", CLIP, 36_000.0, Options(), 0, Fate.FINE)
        world = World(iter((arrival,)), pool, seed)
        took = world.run().end
        alone = alone or took
        preparing = pool.preparing(36_000.0)
        rest = (alone - preparing) / (took - preparing)
        yield (
            f"{workers:6,} workers: {took:9.1f} s, {alone / took:6.1f} times as fast; "
            f"once prepared ({preparing:.0f} s) {rest:6.1f} times"
        )


def at(ordered: Sequence[float], share: float) -> float:
    return ordered[int((len(ordered) - 1) * share)] if ordered else 0.0
