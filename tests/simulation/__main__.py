"""Run simulated services by hand: `python -m tests.simulation SEED` replays one, with its log;
`python -m tests.simulation two SEED` one with two engines;
`python -m tests.simulation convex SEED` one that is synced to a rough Convex;
`python -m tests.simulation soak [MINUTES]` runs new ones for as long as one likes.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from loguru import logger

from tests.simulation.convex_world import ConvexWorld
from tests.simulation.two_engines import TwoEngineWorld
from tests.simulation.world import World

KINDS: dict[str, type[World]] = {
    "": World,
    "two": TwoEngineWorld,
    "convex": ConvexWorld,
}


def replay(world: World) -> None:
    logger.remove()
    logger.add(sys.stderr, level="DEBUG", format="{name}:{function} {message}")
    try:
        world.run()
    finally:
        print(f"faults: {dict(world.fate.dealt)}")
    print("every promise held")


def soak(minutes: float) -> None:
    logger.remove()
    end = time.monotonic() + minutes * 60
    first = seed = time.time_ns() // 1000
    dealt: Counter[str] = Counter()
    while time.monotonic() < end:
        for name, kind in KINDS.items():
            world = kind(seed)
            try:
                world.run()
            except Exception:
                again = f"{name} {seed}".strip()
                print(f"seed {seed} failed; run it again with: make replay SEED='{again}'")
                raise
            dealt += world.fate.dealt
        seed += 1
    print(f"{len(KINDS) * (seed - first)} worlds, every promise held; faults: {dict(dealt)}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["soak"]:
            soak(1.0)
        case ["soak", minutes]:
            soak(float(minutes))
        case [kind, seed] if kind in KINDS:
            replay(KINDS[kind](int(seed)))
        case [seed]:
            replay(World(int(seed)))
        case _:
            sys.exit(__doc__)
