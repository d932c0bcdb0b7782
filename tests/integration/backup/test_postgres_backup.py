"""A backup of a service whose journal is in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring import backups
from retender.journal.postgres.opener import PostgresOpener
from tests.support.http.http_service import says, site
from tests.support.storage.postgres import Postgres, program


def settings(folder: Path, url: str) -> Settings:
    given = {"RETENDER_DATA_DIR": str(folder), "RETENDER_DATABASE_URL": url}
    return read(given, Path("there-is-none.env"))


async def test_recordings_and_an_archive_of_the_database_come_back(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(program('pg_dump')).parent}{os.pathsep}{os.environ['PATH']}")
    data, restored = tmp_path / "data", tmp_path / "restored"
    url, empty = (postgres.address(postgres.database()) for _ in range(2))
    async with site(data, journal=PostgresOpener(url)) as here:
        await here.submit(says("hello"), "a")
        await here.ended("a")
        made = await asyncio.to_thread(
            backups.make, settings(data, url), tmp_path / "backup", link=False
        )
    assert (made.journal, len(made.recordings)) == ("postgres", 1)

    backups.put_back(settings(restored, empty), tmp_path / "backup", replace=False)
    arguments = ("--no-owner", f"--dbname={empty}", str(restored / backups.DUMP))
    restoring = await asyncio.create_subprocess_exec(program("pg_restore"), *arguments)
    assert await restoring.wait() == 0

    async with site(restored, journal=PostgresOpener(empty), workers=False) as there:
        assert (await there.job("a"))["status"] == "completed"
        text = await there.http.get("/job/a/result", params={"format": "txt"})
        assert text.text.strip() == "hello"
        assert (await there.http.get("/job/a/audio")).status_code == 200


async def test_without_pg_dump_the_recordings_are_saved_and_the_journal_is_said_to_be_missing(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.address(postgres.database())
    async with site(tmp_path / "data", journal=PostgresOpener(url)) as here:
        await here.submit(says("hello"), "a")
    monkeypatch.setenv("PATH", str(tmp_path))

    made = backups.make(settings(tmp_path / "data", url), tmp_path / "backup", link=True)

    assert (made.journal, made.files, len(made.recordings)) == ("none", (), 1)


def test_care_of_the_journal_is_for_files(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.address(postgres.database())
    with pytest.raises(BadSetting, match="PostgreSQL"):
        backups.journal_file(settings(tmp_path, url))
