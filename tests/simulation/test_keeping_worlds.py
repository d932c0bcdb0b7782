"""What people changed and edited stays, and what they had forgotten never comes back."""

from __future__ import annotations

import pytest

from tests.simulation.keeping_world import KeepingWorld

SEEDS = 150
BLOCK = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_edits_stay_and_forgotten_jobs_never_come_back(first: int) -> None:
    edited = forgotten = changed = 0
    for seed in range(first, first + BLOCK):
        world = KeepingWorld(seed)
        try:
            world.run()
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        edited += len(world.edited)
        forgotten += len(world.forgotten)
        changed += len(world.changed)
    assert edited
    assert forgotten
    assert changed
