"""Where images cannot be built or limited, the check says so, apart from success and failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import image_builder, image_check, limited

GROUP = limited.Group({"memory": Path("/m"), "cpu": Path("/c")})


def test_a_machine_without_the_programs_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("sys.argv", ["image_check"])
    assert image_check.main() == 3
    assert "buildah is not here" in capsys.readouterr().err


def test_a_machine_without_control_groups_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["image_check"])
    monkeypatch.setattr(image_builder, "check", lambda: None)
    monkeypatch.setattr(limited, "TOP", tmp_path / "nothing")
    assert image_check.main() == 3
    assert "control groups cannot be made here" in capsys.readouterr().err


def test_a_container_joins_every_group_and_sees_its_own() -> None:
    assert GROUP.join() == "echo $$ > /m/cgroup.procs\necho $$ > /c/cgroup.procs"
    shown = GROUP.shown_at("/root").splitlines()
    assert "mount --rbind /m /root/sys/fs/cgroup/memory" in shown
    assert "mount --rbind /c /root/sys/fs/cgroup/cpu" in shown


def test_what_was_killed_for_its_memory_is_counted_in_either_kind(tmp_path: Path) -> None:
    (tmp_path / "memory.events").write_text("low 0\nmax 7\noom 2\noom_kill 1\n")
    assert limited.Group({"": tmp_path}).killed() == 1
    old = tmp_path / "old"
    old.mkdir()
    (old / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    assert limited.Group({"memory": old, "cpu": old}).killed() == 3
