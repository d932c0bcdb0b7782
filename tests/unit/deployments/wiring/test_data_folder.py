"""Whether the data have lasted is said, and nothing is claimed that cannot be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import Settings, read
from deployments.wiring import data_folder
from serve_app.settings import DataState

NOON = 1_780_000_000.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read({"RETENDER_DATA_DIR": str(tmp_path / "data")}, tmp_path / ".env")


def start(settings: Settings, place: str, at: float = NOON) -> DataState:
    """As the service does: it looks, and then leaves its mark beside its journal."""
    state, mark = data_folder.inspect(settings, at, place)
    data_folder.leave(settings, mark)
    (settings.data_dir / "journal.db").touch()
    return state


def test_an_empty_folder_may_be_the_first_start_or_a_loss_and_both_are_said(
    settings: Settings,
) -> None:
    found = start(settings, "a boot-1")
    assert found.state == "new"
    assert "either this is the first one, or what was there has not survived" in found.reason


def test_a_folder_that_outlives_its_machine_is_known_to_last(settings: Settings) -> None:
    start(settings, "a boot-1")
    again = start(settings, "a boot-1", NOON + 60)
    assert (again.state, again.since, again.moves) == ("kept", NOON, 0)
    assert "has not been restarted yet" in again.reason
    moved = start(settings, "b boot-2", NOON + 120)
    assert (moved.state, moved.since, moved.moves) == ("kept", NOON, 1)
    assert "has survived 1 restarts" in moved.reason


def test_a_folder_that_vanished_with_its_instance_is_new_again(
    settings: Settings, tmp_path: Path
) -> None:
    start(settings, "a boot-1")
    settings.data_dir.rename(tmp_path / "gone")
    assert start(settings, "b boot-2").state == "new"


def test_a_journal_that_is_gone_is_a_loss(settings: Settings) -> None:
    start(settings, "a boot-1")
    (settings.data_dir / "journal.db").unlink()
    found = start(settings, "a boot-1")
    assert found.state == "incomplete"
    assert "the jobs are lost" in found.reason


def test_a_journal_from_before_there_were_marks_is_no_new_folder(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "journal.db").touch()
    assert start(settings, "a boot-1").state == "kept"


def test_a_mark_that_cannot_be_read_stops_no_start(settings: Settings) -> None:
    start(settings, "a boot-1")
    (settings.data_dir / data_folder.MARK).write_text("{half")
    assert start(settings, "a boot-1").state == "kept"


def test_a_machine_that_starts_again_and_another_one_are_told_apart() -> None:
    name, _, boot = data_folder.place().partition(" ")
    assert name
    assert boot
