"""What the processes of one deployment on a cluster agree on."""

from __future__ import annotations

from pathlib import Path

from actors.runtime.frames import Blueprint
from deployments.cluster import Arguments, Plan
from deployments.settings import read


def blueprints(folder: Path, **changed: str) -> tuple[Blueprint, Blueprint]:
    """Of the root, and of its likeness."""
    where = {
        "RETENDER_DATA_DIR": str(folder),
        "RETENDER_DATABASE_URL": "postgresql://someone@127.0.0.1:9/journal",
    }
    plan = Plan.of(read(where | changed, Path("/nonexistent/.env")), Arguments(), ())
    return Blueprint.of(plan.root.recipe), Blueprint.of(plan.likeness.recipe)


def test_two_deployments_of_the_same_settings_differ_in_when_they_began_alone(
    tmp_path: Path,
) -> None:
    root, likeness = blueprints(tmp_path)
    later_root, later_likeness = blueprints(tmp_path)
    assert root != later_root
    assert likeness == later_likeness
    assert likeness != blueprints(tmp_path, MAX_QUEUE="7")[1]
