"""When a file in a watched folder counts as whole."""

from __future__ import annotations

import os
from pathlib import Path

from deployments.watch_folder.arrivals import Arrivals, Look, recordings

SECOND = 1_000_000_000
NOW = 1_700_000_000.0


def changed(size: int, age: float = 0.0) -> Look:
    return Look(size, int((NOW - age) * SECOND))


def test_a_file_that_still_grows_is_left_alone_however_long_it_takes() -> None:
    arrivals = Arrivals(settle=10.0)
    for second in range(0, 100, 5):
        grown = {"talk.mp3": changed(second + 1, age=-second)}
        assert arrivals.settled(grown, now=second, wall=NOW + second) == []


def test_a_file_is_whole_when_it_has_not_changed_for_the_given_time() -> None:
    arrivals = Arrivals(settle=10.0)
    # Its time is in the future: another machine has written it.
    talk = {"talk.mp3": changed(5, age=-3600)}
    assert arrivals.settled(talk, now=0.0, wall=NOW) == []
    assert arrivals.settled(talk, now=9.9, wall=NOW + 9.9) == []
    assert arrivals.settled(talk, now=10.0, wall=NOW + 10.0) == ["talk.mp3"]


def test_a_file_that_changes_once_more_has_to_settle_again() -> None:
    arrivals = Arrivals(settle=10.0)
    arrivals.settled({"a.wav": changed(5, age=-1)}, now=0.0, wall=NOW)
    assert arrivals.settled({"a.wav": changed(6, age=-9)}, now=9.0, wall=NOW + 9) == []
    assert arrivals.settled({"a.wav": changed(6, age=-9)}, now=18.0, wall=NOW + 18) == []
    assert arrivals.settled({"a.wav": changed(6, age=-9)}, now=19.0, wall=NOW + 19) == ["a.wav"]


def test_a_file_from_long_before_is_whole_at_the_first_look() -> None:
    found = {"b.wav": changed(5, age=60), "a.wav": changed(5, age=3600)}
    assert Arrivals(settle=10.0).settled(found, now=0.0, wall=NOW) == ["a.wav", "b.wav"]


def test_an_empty_file_is_not_whole() -> None:
    found = {"a.wav": changed(0, age=3600)}
    assert Arrivals(settle=10.0).settled(found, now=0.0, wall=NOW) == []


def test_recordings_of_all_folders_are_found_and_nothing_else(tmp_path: Path) -> None:
    for name in (
        "talk.MP3",
        "a/b/c.flac",
        "notes.txt",
        ".hidden.wav",
        ".cache/d.wav",
        "e.wav.part",
    ):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
    (tmp_path / "link.wav").symlink_to(tmp_path / "talk.MP3")
    (tmp_path / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    assert sorted(recordings(tmp_path)) == ["a/b/c.flac", "talk.MP3"]
