"""Run simulated services by hand: `python -m tests.simulation SEED` replays one, with its log;
`python -m tests.simulation two SEED` one with two engines;
`python -m tests.simulation convex SEED` one that is synced to a rough Convex;
`python -m tests.simulation soak [MINUTES]` runs new ones for as long as one likes, on all cores;
`python -m tests.simulation worlds NUMBER` as many as one likes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from loguru import logger

from tests.simulation.kinds import KINDS
from tests.simulation.soaking import Tally, soak
from tests.simulation.world import World

BETWEEN_LINES = 60.0


def replay(world: World) -> None:
    logger.remove()
    logger.add(sys.stderr, level="DEBUG", format="{name}:{function} {message}")
    try:
        world.run()
    finally:
        print(f"faults: {dict(world.fate.dealt)}")
    print("every promise held")


def follow(parts: Iterator[Tally]) -> None:
    """Prints how far it is, once a minute, and what broke, at once."""
    tally = Tally()
    said = time.monotonic()
    for part in parts:
        tally.add(part)
        for broken in part.broken:
            print(broken, flush=True)
        if time.monotonic() > said + BETWEEN_LINES:
            said = time.monotonic()
            print(tally, flush=True)
    print(tally)
    if tally.broken:
        sys.exit("\n".join(tally.broken))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["soak"]:
            follow(soak(minutes=1))
        case ["soak", minutes]:
            follow(soak(minutes=float(minutes)))
        case ["worlds", number]:
            follow(soak(worlds=int(number)))
        case [kind, seed] if kind in KINDS:
            replay(KINDS[kind](int(seed)))
        case [seed]:
            replay(World(int(seed)))
        case _:
            sys.exit(__doc__)
