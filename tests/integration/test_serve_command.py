"""`retender serve` as a person meets it: started, stopped, refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UP = "Retender is up"
PATIENCE = 60.0


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from deployments.cli import main; main()", "serve"],
        env=os.environ
        | {"PORT": "0", "RETENDER_DATA_DIR": str(data), "LOG_FORMAT": "json"}
        | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until_up(process: subprocess.Popen[str]) -> list[dict[str, str]]:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(json.loads(line))
        if lines[-1]["message"].startswith(UP):
            return lines
    raise AssertionError(f"it did not come up: {lines}")


def test_it_comes_up_and_stops_in_order_when_told(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        until_up(process)
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert "stopped: normal" in rest


def test_killed_it_starts_again_in_the_next_epoch(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        until_up(first)
        first.kill()
    with serving(tmp_path) as second:
        assert any("epoch 2" in line["message"] for line in until_up(second))


def test_a_second_one_on_the_same_data_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        until_up(first)
        with serving(tmp_path) as second:
            _, said = second.communicate(timeout=PATIENCE)
            assert second.returncode == 1
            assert "Retender cannot start" in said
            assert str(first.pid) in said
            assert "Traceback" not in said


def test_a_misspelt_setting_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path, RETENDER_GRACE="3") as process:
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert said.strip() == (
            "Retender cannot start: There is no setting RETENDER_GRACE. "
            "The nearest is RETENDER_GRACE_SECONDS."
        )


def test_a_corrupt_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    journal.write_bytes(b"this is no journal" * 100)
    with serving(tmp_path) as process:
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert "Retender cannot start" in said
        assert "Traceback" not in said
    assert journal.read_bytes() == b"this is no journal" * 100
