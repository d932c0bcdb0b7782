"""What the processes of one deployment on a cluster agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.runtime.api import Needs
from actors.runtime.process.frames import Blueprint
from deployments.ray_cluster.plan import Arguments, ClusterPlan, Pool, unplaceable
from deployments.settings import BadSetting, Settings, read
from deployments.wiring.journals import check_for_many


def settings(folder: Path, **changed: str) -> Settings:
    where = {
        "RETENDER_DATA_DIR": str(folder),
        "RETENDER_DATABASE_URL": "postgresql://someone@127.0.0.1:9/journal",
    }
    return read(where | changed, Path("/nonexistent/.env"))


def plan(folder: Path, **changed: str) -> ClusterPlan:
    return ClusterPlan.of(settings(folder, **changed), Arguments(), ())


def test_two_deployments_of_the_same_settings_differ_in_when_they_began_alone(
    tmp_path: Path,
) -> None:
    one, later = plan(tmp_path), plan(tmp_path)
    assert Blueprint.of(one.root.recipe) != Blueprint.of(later.root.recipe)
    assert one.likeness == later.likeness


@pytest.mark.parametrize("changed", [{"MAX_QUEUE": "7"}, {"LOG_LEVEL": "DEBUG"}])
def test_what_its_processes_are_told_is_part_of_what_a_tree_is_known_by(
    changed: dict[str, str], tmp_path: Path
) -> None:
    assert plan(tmp_path).likeness != plan(tmp_path, **changed).likeness


def test_where_a_key_is_asked_for_all_know_it(tmp_path: Path) -> None:
    assert not plan(tmp_path).closed
    assert plan(tmp_path, RETENDER_API_KEYS="a-secret-of-ones-own-1234").closed


def test_no_secret_may_stand_where_serve_shows_it(tmp_path: Path) -> None:
    told = {"RETENDER_DATA_DIR": str(tmp_path), "GROQ_API_KEY": "gsk_told_to_everyone"}
    with pytest.raises(BadSetting, match="GROQ_API_KEY") as refusal:
        ClusterPlan.read(Arguments(settings=told), {})
    assert "gsk_told" not in str(refusal.value)


def test_what_no_machine_has_room_for_is_spoken_of(tmp_path: Path) -> None:
    wanted = (
        Pool(cpus=2),
        Pool(model="large-v3", gpus=0.5),
        Pool(model="tiny", resources={"x": 1}),
    )
    pools = ClusterPlan.read(
        Arguments(settings={"RETENDER_DATA_DIR": str(tmp_path)}, pools=wanted), {}
    ).pools
    told = unplaceable(pools, [{"CPU": 1.0, "GPU": 1.0}, {"CPU": 4.0}])
    assert len(told) == 1
    assert "transcriber_pool_tiny" in told[0]
    assert Needs(cpus=1, others={"x": 1}).told in told[0]


def test_a_journal_in_a_file_is_not_shared_over_a_network(tmp_path: Path) -> None:
    place = {"RETENDER_DATA_DIR": str(tmp_path)}
    nowhere = Path("/nonexistent/.env")
    with pytest.raises(BadSetting, match="RETENDER_DATABASE_URL"):
        check_for_many(read(place, nowhere))
    check_for_many(settings(tmp_path))
    check_for_many(read({**place, "RETENDER_BLOBS_URL": "memory://bucket"}, nowhere))
