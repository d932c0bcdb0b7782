"""Worlds in which jobs wander between two engines, each from a seed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.two_engines import TwoEngineWorld

SEEDS = 200
BLOCK = 50

# Seeds that once found something stay, whatever the numbers above become.
FOUND = (89, 154)


@pytest.mark.parametrize("first", range(1000, 1000 + SEEDS, BLOCK))
def test_every_promise_holds_wherever_a_job_is_worked_on(first: int) -> None:
    dealt: Counter[str] = Counter()
    for seed in range(first, first + BLOCK):
        world = TwoEngineWorld(seed)
        run(world, seed)
        dealt += world.fate.dealt
    for fault in ("no room", "not available", "groq_pool died", "machine died"):
        assert dealt[fault], f"{BLOCK} worlds without one fault of the kind {fault}"


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_is_not_found_again(seed: int) -> None:
    run(TwoEngineWorld(seed), seed)


def run(world: TwoEngineWorld, seed: int) -> None:
    try:
        world.run()
    except Exception as error:
        again = f"make replay SEED='two {seed}'"
        raise AssertionError(f"seed {seed}: {error}\nrun it again with: {again}") from error
