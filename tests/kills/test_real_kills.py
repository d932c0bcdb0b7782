"""A real process on a real disk, killed by the kernel: what was acknowledged gets done."""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from retender.jobs.states import Status
from retender.journal.sqlite import SqliteOpener
from retender.storage.blobs import BlobStore
from tests.kills import program
from tests.kills.program import script
from tests.support.forking import forked_with
from tests.support.storage.blob_kinds import in_use

_PROCESSES = forked_with(program.__name__)

COMMIT_POINTS = [f"{where}:{n}" for n in range(1, 13) for where in ("before", "inside", "after")]
MOMENTS = 24
LONG = 240.0
"""Seconds, on a machine that has much else to do."""


class Kills:
    """One data folder, over which process after process dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accepted: list[str] = []
        self.kills = 0
        self._runs = 0

    def run(self, point: str, seconds: float = LONG) -> int | None:
        """Run until it ends by itself, or is killed here after so long. Returns its status."""
        told, tells = _PROCESSES.Pipe(duplex=False)
        process = _PROCESSES.Process(
            target=program.serve, args=(self.folder, self._runs, point, tells)
        )
        process.start()
        tells.close()
        self._runs += 1
        process.join(seconds)
        process.kill()
        process.join()
        self.accepted += _all_of(told)
        self.kills += process.exitcode == -signal.SIGKILL
        return process.exitcode


def _all_of(told: Connection) -> list[str]:
    """What came through whole before its writer ended."""
    found: list[str] = []
    with told, suppress(EOFError, OSError):
        while True:
            found.append(told.recv())
    return found


@pytest.mark.parametrize("half", [0, 1])
async def test_what_was_acknowledged_survives_every_kill(half: int, tmp_path: Path) -> None:
    kills = Kills(tmp_path)
    points = COMMIT_POINTS[half::2]
    for point in points:
        assert kills.run(point) == -signal.SIGKILL, f"{point} was not reached"
    draw = Random(half)
    for _ in range(MOMENTS // 2):
        kills.run("never", seconds=draw.uniform(0.3, 1.5))
    assert kills.run("never") == 0, "left alone, it does all the rest and stops in order"

    assert kills.kills > len(points), "at other moments, too"
    assert len(kills.accepted) > 10
    await assert_all_done(kills)
    assert_nothing_twice(tmp_path / "recorded.log")
    await assert_nothing_stray(tmp_path)


async def assert_all_done(kills: Kills) -> None:
    journal = await SqliteOpener(str(kills.folder / "journal.db"))()
    for job_id in kills.accepted:
        _, run, number = job_id.split("-")
        job = await journal.job(job_id)
        assert job is not None, f"{job_id} was acknowledged and is gone"
        assert job.status is Status.COMPLETED, f"{job_id} ended as {job.status}: {job.failure}"
        segments = await journal.segments(job_id)
        said = " ".join(segment.text for segment in segments)
        assert said == script(int(run), int(number)).text
        events = await journal.events(job_id, 0, 1000)
        assert [event.seq for event in events] == list(range(1, job.seq + 1))
    await journal.close()


async def assert_nothing_stray(folder: Path) -> None:
    """Housekeeping finds every half upload, and leaves what jobs name."""
    journal = await SqliteOpener(str(folder / "journal.db"))()
    blobs = {path.name for path in (folder / "blobs").glob("*/*")}
    used = await journal.audio_in_use(sorted(blobs), finished_after=0.0)
    await journal.close()
    await BlobStore(folder).collect(in_use(*used), older_than=float("inf"))
    assert list((folder / "incoming").iterdir()) == []
    assert {path.name for path in (folder / "blobs").glob("*/*")} == used


def assert_nothing_twice(log: Path) -> None:
    recorded = Counter(log.read_text().splitlines())
    assert [piece for piece, times in recorded.items() if times > 1] == []
