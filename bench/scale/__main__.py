"""A thousand workers and a million jobs, on the rules that the JobManager decides by.

    python -m bench.scale [--jobs N] [--workers N] [--seed N] [--load SHARE] [--only PART] [--quick]

PART is `day`, `fairness`, `long` or `cost`. Equal arguments make equal decisions: the digest says
so. What is measured of this machine is only `cost`, and the seconds that it all took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable

from bench.scale.day import LOAD, a_mix, costs, fairness, groups, live, one_long, told
from bench.scale.decisions import measure

PAIRED_JOBS = 100_000
"""The day is lived twice, so it is a smaller one."""


def main() -> None:
    asked = _arguments()
    jobs, workers = (5000, 20) if asked.quick else (asked.jobs, asked.workers)
    if asked.only in {None, "day"}:
        mix = a_mix(jobs, workers, asked.seed, asked.load)
        begun = time.perf_counter()
        world = live(mix, workers)
        title = f"A day of {workers:,} workers and {jobs:,} jobs, seed {asked.seed}"
        _say(title, told(world, time.perf_counter() - begun))
        _say("Seconds until a job is begun; times as long as alone", groups(world.tally))
        _say("Computing for one exchange, as the queue grows", costs(world.tally))
    if asked.only in {None, "fairness"}:
        fewer = min(jobs, PAIRED_JOBS)
        some = max(20, workers * fewer // jobs)
        mix = a_mix(fewer, some, asked.seed, asked.load)
        title = f"Beside the greedy caller and without it: {some:,} workers, {fewer:,} jobs"
        _say(title, fairness(mix, some))
    if asked.only in {None, "long"}:
        _say("One recording of ten hours, alone", one_long((1, 10, 100, 1000), asked.seed))
    if asked.only in {None, "cost"}:
        queues = (100, 10_000) if asked.quick else (100, 10_000, 1_000_000)
        rows = (f"{c.what:44}{c.among:12,}{c.microseconds:9.1f} us" for c in measure(queues))
        _say("Computing for one decision", rows)


def _say(title: str, lines: Iterable[str]) -> None:
    print(f"\n{title}", flush=True)
    for line in lines:
        print(f"  {line}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float, default=LOAD)
    parser.add_argument("--only", choices=("day", "fairness", "long", "cost"))
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
