"""A whole service whose journal is in PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retender.journal.postgres.opener import PostgresOpener
from tests.support.http.command import retender, until
from tests.support.http.http_service import says, site
from tests.support.storage.postgres import PASSWORD, Postgres


@pytest.mark.parametrize("ended", [Postgres.crash, Postgres.stop])
async def test_jobs_go_on_over_a_restart_of_the_database(
    tmp_path: Path, postgres: Postgres, ended: object
) -> None:
    assert callable(ended)
    journal = PostgresOpener(postgres.address(postgres.database()))
    jobs = [f"job{number}" for number in range(4)]
    async with site(tmp_path, journal=journal) as here:
        for job in jobs:
            await here.submit(says(job, takes=0.05, chunks=20), job)

        async def under_way() -> bool:
            shown = [await here.job(job) for job in jobs]
            return any(0 < float(str(each["progress"])) < 100 for each in shown)

        await until(under_way)
        await asyncio.to_thread(ended, postgres)
        late = asyncio.create_task(here.submit(says("late"), "late"))
        await asyncio.to_thread(postgres.start)
        await late
        for job in [*jobs, "late"]:
            await here.ended(job)

        for job in jobs:
            text = await here.http.get(f"/job/{job}/result", params={"format": "txt"})
            assert text.text.split() == [job] * 20
        shown = {job: (await here.job(job))["status"] for job in [*jobs, "late"]}
        assert set(shown.values()) == {"completed"}


async def test_what_one_service_was_told_another_on_the_same_database_finishes(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.address(postgres.database())
    async with site(tmp_path, journal=PostgresOpener(url), workers=False) as here:
        await here.submit(says("hello"), "a")
    async with site(tmp_path, journal=PostgresOpener(url)) as there:
        await there.ended("a")
        assert (await there.job("a"))["status"] == "completed"


async def test_a_start_without_the_database_says_why_and_not_the_password(
    tmp_path: Path, postgres: Postgres
) -> None:
    wrong = postgres.address("nothing")
    done = await retender(tmp_path, "serve", RETENDER_DATABASE_URL=wrong)
    assert done.code != 0
    assert 'database "nothing" does not exist' in done.err
    assert PASSWORD not in done.err + done.out
    assert "correct%20horse" not in done.err + done.out
