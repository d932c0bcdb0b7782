"""Machines that do not share the data folder are told apart from those that do."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from retender.storage.shared_folder import announced, check, check_writable

NAME = "0f3c"


def test_a_machine_that_sees_the_same_folder_may_take_part(tmp_path: Path) -> None:
    with announced(str(tmp_path), NAME):
        assert check(str(tmp_path), NAME, "node-1") is None
    assert list((tmp_path / "shared").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]


def test_another_process_may_take_part_by_plain_values(tmp_path: Path) -> None:
    """As it is asked of each machine of a cluster."""
    with announced(str(tmp_path), NAME), multiprocessing.get_context("spawn").Pool(1) as machines:
        assert machines.apply(check, (str(tmp_path), NAME, "node-2")) is None


def test_a_machine_without_the_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    told = check(str(nowhere), NAME, "node-3")
    assert told is not None
    assert told.startswith(f"node-3 does not have the data folder {nowhere}. Mount the volume")


def test_an_empty_folder_of_the_same_name_is_another(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    there.mkdir()
    with announced(str(here), NAME):
        told = check(str(there), NAME, "node-4")
    assert told is not None
    assert f"on node-4, {there} is not the data folder of this service" in told
    assert "RETENDER_BLOBS_URL" in told
    assert list(there.iterdir()) == []


def test_what_an_earlier_service_left_there_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "earlier").touch()
    with announced(str(tmp_path), NAME):
        assert check(str(tmp_path), "earlier", "node-5") is not None
    assert check(str(tmp_path), NAME, "node-5") is not None


def test_locks_that_hold_on_one_machine_only_are_found_out(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / NAME).touch()
    told = check(str(tmp_path), NAME, "node-6")
    assert told is not None
    assert f"locks in {tmp_path} do not hold between the service's machine and node-6" in told


def test_locks_that_keep_nobody_out_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    told = check_writable(str(tmp_path), "node-7")
    assert told is not None
    assert f"on node-7, locks in {tmp_path} keep nobody out" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (errno.EACCES, "node-8 may not write to"),
        (errno.EROFS, "node-8 cannot work in"),
        (errno.ENOLCK, "node-8 cannot work in"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: int, sentence: str
) -> None:
    def refused(*_: object) -> None:
        raise OSError(wrong, os.strerror(wrong))

    monkeypatch.setattr(os, "fsync", refused)
    told = check_writable(str(tmp_path), "node-8")
    assert told is not None
    assert told.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the name"), announced(str(tmp_path), "../x"):
        pass
