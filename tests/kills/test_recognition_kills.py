"""The whole service is killed over a recording: what it has finished is not done again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retender.audio.decode import DECODED
from retender.jobs.pieces import PieceState
from retender.journal.sqlite import SqliteOpener
from retender.storage.blobs import BlobStore
from tests.kills.recognition import JOB
from tests.support.sound.speech import needs_speech
from tests.support.sound.ten_minutes import heard_by_one, recording
from tests.support.sound.undisturbed import Heard

pytestmark = needs_speech

MOMENTS = ("given 1", "done 20", "done 45")
"""Of some sixty pieces: as soon as the recording is decoded, and twice on the way."""


@pytest.fixture(scope="module")
def alone() -> Heard:
    return heard_by_one()


async def test_a_service_that_is_killed_does_nothing_again_that_was_finished(
    tmp_path: Path, alone: Heard
) -> None:
    decoded = BlobStore(tmp_path).job_folder(JOB) / DECODED
    done: set[int] = set()
    interrupted: set[int] = set()
    born: os.stat_result | None = None

    for moment in MOMENTS:
        with service(tmp_path) as process:
            told = until(process, moment)
            process.kill()
            told += lines(process)
        assert not done & set(pieces("given", told))
        done = await pieces_done(tmp_path)
        assert done >= set(pieces("done", told))
        interrupted |= set(pieces("given", told)) - done
        born = born or decoded.stat()

    with service(tmp_path) as process:
        told = list(lines(process))
        assert process.wait() == 0
    assert told[-1] == "completed"
    assert not done & set(pieces("given", told))
    assert interrupted, "it was killed with something in hand"
    assert born is not None
    assert (decoded.stat().st_ino, decoded.stat().st_mtime_ns) == (born.st_ino, born.st_mtime_ns)
    journal = await SqliteOpener(str(tmp_path / "journal.db"))()
    assert await journal.segments(JOB) == alone.segments
    await journal.close()


@contextmanager
def service(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.kills.recognition", str(folder), str(recording().path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    return map(str.strip, process.stdout)


def until(process: subprocess.Popen[str], line: str) -> list[str]:
    told: list[str] = []
    for said in lines(process):
        told.append(said)
        if said == line:
            return told
    raise AssertionError(f"{line!r} never came: {told}")


def pieces(what: str, told: list[str]) -> list[int]:
    return [int(line.split()[1]) for line in told if line.startswith(what)]


async def pieces_done(folder: Path) -> set[int]:
    journal = await SqliteOpener(str(folder / "journal.db"))()
    stored = await journal.stored(JOB)
    await journal.close()
    assert stored is not None
    return {piece.index for piece in stored.pieces if piece.state is PieceState.DONE}
