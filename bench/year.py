"""A year of jobs in virtual time (`tests/simulation/year.py`): does anything grow?

    python -m bench.year [--jobs 20000]

The actors, the journal in its file, retention and restarts are the real ones; recognition is
scripted. Each job has a transcript of ten minutes with the time of each word. Clients follow with
connections that break, ask for the status, cancel, read, edit and delete; webhooks are sent. In the
first third the service is killed some 24 times and its disk is full 8 times; after that nothing
disturbs it. Jobs are kept for a twelfth of the time. The run fails if a job is lost, has another
text than was said, or stays when it is old enough to go. Shown after each twentieth: memory by
actor and of the process, the journal's files, jobs kept, recordings kept, and the median times of a
submission and of a status.

One quiet core does some 35 jobs a second, so a million jobs take eight hours.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

from loguru import logger

from tests.simulation.year import Slice, Year, year

JOBS: Final = 20_000
KILOBYTE: Final = 1000
MEGABYTE: Final = 1_000_000


def line(found: Slice) -> str:
    held = " ".join(f"{size / KILOBYTE:6.0f}" for size in found.held.values())
    return (
        f"{found.jobs:8}  {found.resident / MEGABYTE:5.0f} MB  {found.journal / MEGABYTE:6.1f} MB "
        f"{found.kept_jobs:6} {found.recordings:6}  {found.submission:6.2f} ms {found.status:6.2f} "
        f"ms  {found.jobs_a_second:5.1f}/s  {held}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.year")
    parser.add_argument("--jobs", type=int, default=JOBS)
    logger.remove()
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        world = Year(year(parser.parse_args().jobs), Path(scratch))
        world.show = lambda found: print(line(found), flush=True)
        print(
            "    jobs  process    journal   kept  sounds    submit    status   speed  kB by actor"
        )
        end = world.run()[-1]
    print("by actor: " + ", ".join(end.held))
    ended = ", ".join(f"{count} {how}" for how, count in sorted(world.ended.items()))
    print(f"{ended}; {world.kills} kills; {world.receivers.told} webhooks; nothing lost")


if __name__ == "__main__":
    main()
