"""`retender transcribe` as a person meets it: real recordings, the bundled model, no service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORDS = "one two three four five six seven eight nine"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spoken") / "digits.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-s", "140", "-w", path, WORDS], check=True)
    return path


def retender(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from deployments.cli import main; main()", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_it_prints_what_was_said(recording: Path) -> None:
    done = retender("transcribe", recording, "--model", "digits")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == WORDS.split()


def test_it_writes_a_file_for_each_recording(recording: Path, tmp_path: Path) -> None:
    into = tmp_path / "texts"
    twin = tmp_path / "twin.wav"
    twin.write_bytes(recording.read_bytes())
    done = retender(
        *("transcribe", recording, twin, "--model", "digits"),
        *("--format", "srt", "--output-dir", into),
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in into.iterdir()) == ["digits.srt", "twin.srt"]
    first = (into / "digits.srt").read_text()
    assert first.startswith("1\n00:00:00,000 --> ")
    assert first == (into / "twin.srt").read_text()


def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("these are notes, not sounds\n" * 100)
    done = retender("transcribe", text, "--model", "digits")
    assert done.returncode == 1
    assert f"{text}: this is not a recording of any known type" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_cannot_be_had_says_what_to_do(recording: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {"RETENDER_DATA_DIR": str(data), "RETENDER_OFFLINE": "yes"}
    done = retender("transcribe", recording, "--model", "medium", **environment)
    assert done.returncode == 1
    assert "the model 'medium' is not here and cannot be downloaded" in done.stderr
    assert str(data / "models" / "medium") in done.stderr
