"""Backups of a service that runs, where backup and service are killed on the way."""

from __future__ import annotations

import asyncio
import io
import random
import sqlite3
import wave
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from retender.backup import manifest
from tests.support.http.command import retender, running, serving_beside, until

UPLOADS = 6


def recording(number: int) -> bytes:
    """A tenth of a second of noise, different for each number."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(random.Random(number).randbytes(3200))
    return written.getvalue()


async def upload(url: str, first: int, number: int) -> set[str]:
    """The ids of the jobs that the service has acknowledged."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=240.0) as http:
        answers = [
            await http.post("/transcribe-job", files={"file": ("a.wav", recording(first + n))})
            for n in range(number)
        ]
    return {answer.raise_for_status().json()["job_id"] for answer in answers}


def jobs_of(journal: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{journal}?immutable=1", uri=True)) as connection:
        return {job_id for (job_id,) in connection.execute("SELECT id FROM jobs")}


def a_set(backup: Path) -> bool:
    """The journal is being copied."""
    return any((backup / manifest.SETS).glob("*/journal.db*"))


def a_recording(backup: Path) -> bool:
    """Recordings are being copied."""
    return any((backup / manifest.RECORDINGS).glob("*/*"))


async def killed_when(reached: Callable[[Path], bool], data: Path, backup: Path) -> None:
    """Start a backup, and kill it at this moment, unless it is done before."""
    async with running(data, "backup", backup, "--copy") as process:

        async def there() -> bool:
            return process.returncode is not None or await asyncio.to_thread(reached, backup)

        await until(there)
        if process.returncode is None:
            process.kill()


@pytest.mark.parametrize("moment", [a_set, a_recording])
async def test_what_was_acknowledged_before_a_backup_is_in_it_whatever_was_killed_meanwhile(
    tmp_path: Path, moment: Callable[[Path], bool]
) -> None:
    data, backup, restored = (tmp_path / name for name in ("data", "backup", "restored"))
    for folder in (data, restored):
        folder.mkdir()
    async with serving_beside(data) as service:
        first = await upload(service.url, 0, UPLOADS)
        await killed_when(moment, data, backup)
        done = await retender(data, "backup", backup, "--copy")
        assert done.code == 0, done.err
        second = await upload(service.url, UPLOADS, UPLOADS)
        await killed_when(moment, data, backup)
        before = manifest.read(backup)
        assert before is not None
        assert first <= jobs_of(before.folder(backup) / "journal.db")
        service.kill()

    done = await retender(data, "backup", backup, "--copy")
    assert done.code == 0, done.err
    done = await retender(restored, "restore", backup)
    assert done.code == 0, done.err
    checked = await retender(restored, "journal", "check")
    assert (checked.code, checked.out) == (0, ""), checked.out
    assert first | second == jobs_of(restored / "journal.db")
