"""A thousand services in which everything goes wrong, each from a seed."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest

from actors.manager import store
from retender.scheduling.draft import Draft
from tests.simulation.broken import LooseJournal, RememberingDispatcher, TrustingJournal
from tests.simulation.invariants import Violation
from tests.simulation.world import World

SEEDS = 1000
BLOCK = 50

# Seeds that once found something stay, whatever the numbers above become.
FOUND = (3, 6, 53, 113, 115, 228, 240, 282, 323, 663, 2301, 2716)

NET = 200
"""A service without one of its safeguards must be caught within so many seeds."""


def run(world: World, seed: int) -> None:
    try:
        world.run()
    except Exception as error:
        again = f"make replay SEED={seed}"
        raise AssertionError(f"seed {seed}: {error}\nrun it again with: {again}") from error


@pytest.mark.parametrize("first", range(1000, 1000 + SEEDS, BLOCK))
def test_every_promise_holds_whatever_goes_wrong(first: int) -> None:
    dealt: Counter[str] = Counter()
    for seed in range(first, first + BLOCK):
        world = World(seed)
        run(world, seed)
        dealt += world.fate.dealt
    for fault in ("lost", "doubled", "delayed", "disk_full", "machine died", "clock jumped"):
        assert dealt[fault], f"{BLOCK} worlds without one fault of the kind {fault}"


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_is_not_found_again(seed: int) -> None:
    run(World(seed), seed)


def test_one_seed_takes_the_same_course_each_time() -> None:
    courses = []
    for _ in range(2):
        world = World(FOUND[1])
        run(world, FOUND[1])
        courses.append((world.disk.commits, world.fate.dealt, world.clock.now()))
    assert courses[0] == courses[1]


def test_a_service_that_takes_results_under_ended_leases_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "Dispatcher", RememberingDispatcher)
    monkeypatch.setattr(Draft, "leased", lambda draft, key, _: not draft.job(key[0]).finished)
    assert seeds_until_caught(TrustingJournal) <= NET


def test_a_service_that_writes_events_outside_the_transaction_is_caught() -> None:
    assert seeds_until_caught(LooseJournal) <= NET


def seeds_until_caught(journal: type[TrustingJournal | LooseJournal]) -> int:
    for seed in count(1):
        if seed > NET:
            break
        try:
            World(seed, journal).run()
        except Violation:
            break
    return seed
