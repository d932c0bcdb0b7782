"""The sync over real HTTP to the real functions of `convex/`: the rows are right in the end."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from actors.delivery.convex_client import ConvexClient, ConvexSettings
from actors.delivery.convex_sync import ConvexSync
from actors.manager.job_manager import JobManager
from actors.names import CONVEX_SYNC
from deployments.serving.local import SystemClock
from retender.jobs.submission import Submission
from tests.support.convex.endpoint import Rows
from tests.support.convex.functions import KEY, Functions, Row
from tests.support.http.http_service import MANAGER, Site, says, site
from tests.support.paths import PROJECT

DEADLINE = 90.0
ANA = "https://auth|ana"


async def until(so: Callable[[], bool]) -> None:
    """Wait for what another process brings about."""
    async with asyncio.timeout(DEADLINE):
        while not await asyncio.to_thread(so):  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.05)


@asynccontextmanager
async def synced(folder: Path, convex: Functions, key: str = KEY) -> AsyncIterator[Site]:
    there = ConvexSettings(url=convex.url, key=key, language="en")
    async with site(folder, manager=replace(MANAGER, max_queue=500), convex=there) as here:
        yield here


async def submit(here: Site, job_id: str, *words: str, user_id: str | None = None) -> None:
    script = says(*(words or (job_id,)))
    async with here.services.blobs.receive(limit=10**6) as upload:
        await upload.write(script.recorded())
        audio = await upload.finish(at=here.services.clock.now())
    submission = Submission(job_id=job_id, audio=audio, user_id=user_id)
    await here.services.manager.ask(JobManager.submit, submission)


def ended(convex: Functions, *job_ids: str) -> Callable[[], bool]:
    def so() -> bool:
        rows = convex.all_jobs()
        return all(rows.get(each, {}).get("status") == "completed" for each in job_ids)

    return so


def ends(convex: Functions, job_id: str) -> list[Row]:
    """Updates with an end that changed the row."""
    return [
        each
        for each in convex.requests(job_id)
        if each["job_status"] in {"completed", "failed", "cancelled"}
        and each["chunk"] is None
        and (each["answer"] or {}).get("applied") is True
    ]


async def test_a_job_becomes_a_row_that_its_user_can_see(tmp_path: Path, convex: Functions) -> None:
    async with synced(tmp_path, convex) as here:
        await submit(here, "a", "good", "morning", user_id=ANA)
        await until(ended(convex, "a"))
        polled = await here.job("a")
    row = await asyncio.to_thread(convex.job, "a")
    assert row is not None
    assert (row["version"], row["progress"], row["userId"]) == (polled["seq"], 100, ANA)
    assert await asyncio.to_thread(convex.text, "a") == "good morning"
    shown = await asyncio.to_thread(convex.shown, "a", ANA)
    assert shown is not None
    assert shown["transcript"] == "whole"
    assert await asyncio.to_thread(convex.shown, "a", "https://auth|ben") is None
    assert len(ends(convex, "a")) == 1
    assert max(each["in_flight"] for each in convex.requests()) == 1


@pytest.mark.parametrize(
    "faults",
    [
        [{"kind": "status", "status": 500, "times": 12}],
        [{"kind": "status", "status": 429, "retry_after": "1", "times": 3}],
        [{"kind": "drop", "times": 12}],
        [{"kind": "lose_answer", "times": 8}],
        [{"kind": "delay", "ms": 6000, "times": 2}],
        [{"kind": "delay", "ms": 300, "times": 20}],
    ],
    ids=["500", "429", "cut", "answers lost", "too slow", "slow"],
)
async def test_rows_are_right_after_trouble_and_each_end_is_stored_once(
    tmp_path: Path, convex: Functions, faults: list[Row]
) -> None:
    await asyncio.to_thread(convex.faults, *faults)
    # What comes late to one test is of no job of the next.
    names = [f"{tmp_path.name}-{number}" for number in range(6)]
    async with synced(tmp_path, convex) as here:
        for name in names:
            await submit(here, name)
        await until(ended(convex, *names))
        for name in names:
            assert await asyncio.to_thread(convex.text, name) == name
    assert [len(ends(convex, name)) for name in names] == [1] * len(names)
    assert max(each["in_flight"] for each in convex.requests()) <= 2, "one, or one given up on"


async def test_jobs_end_while_convex_is_down_and_are_in_their_rows_when_it_is_back(
    tmp_path: Path, convex: Functions
) -> None:
    await asyncio.to_thread(convex.down)
    names = [f"job-{number}" for number in range(20)]
    async with synced(tmp_path, convex) as here:
        for name in names:
            await submit(here, name)
        for name in names:
            await here.ended(name)
        sync = here.runtime.ref(ConvexSync, CONVEX_SYNC)
        async with asyncio.timeout(DEADLINE):
            while (await sync.ask(ConvexSync.status)).reachable:
                await asyncio.sleep(0.05)
        await asyncio.to_thread(convex.up)
        await until(ended(convex, *names))
    assert [len(ends(convex, name)) for name in names] == [1] * len(names)


async def test_what_waits_in_the_outbox_is_sent_by_the_next_service(
    tmp_path: Path, convex: Functions
) -> None:
    await asyncio.to_thread(convex.down)
    names = [f"job-{number}" for number in range(20)]
    async with synced(tmp_path, convex) as here:
        for name in names:
            await submit(here, name)
        for name in names:
            await here.ended(name)
    await asyncio.to_thread(convex.up)
    async with synced(tmp_path, convex):
        await until(ended(convex, *names))
    assert [len(ends(convex, name)) for name in names] == [1] * len(names)


async def test_a_wrong_key_parks_jobs_until_it_is_mended_and_retried(
    tmp_path: Path, convex: Functions
) -> None:
    await asyncio.to_thread(convex.variables, RETENDER_API_KEY="another-key-altogether")
    async with synced(tmp_path, convex) as here:
        await submit(here, "a")
        await here.ended("a")
        async with asyncio.timeout(DEADLINE):
            while (health := (await here.http.get("/health")).json()["convex"])["parked"] != 1:
                await asyncio.sleep(0.05)
        figures = (await here.http.get("/metrics")).text
        await asyncio.to_thread(convex.variables, RETENDER_API_KEY=KEY)
        assert (await here.http.post("/convex/retry")).json() == {"retried": 1}
        await until(ended(convex, "a"))
    assert (health["reachable"], "CONVEX_API_KEY" in health["reason"]) == (True, True)
    assert "retender_convex_parked 1.0" in figures
    assert 'retender_convex_updates_total{outcome="refused"}' in figures
    docs = (PROJECT / "docs" / "api" / "operations.md").read_text()
    shown = set(re.findall(r"^# TYPE (retender_convex_\w+)", figures, re.MULTILINE))
    assert shown == set(re.findall(r"retender_convex_\w+", docs))


async def test_a_convex_without_a_key_counts_as_an_outage(
    tmp_path: Path, convex: Functions
) -> None:
    await asyncio.to_thread(convex.variables, RETENDER_API_KEY=None)
    async with synced(tmp_path, convex) as here:
        await submit(here, "a")
        await here.ended("a")
        await until(lambda: len(convex.requests()) > 2)
        await asyncio.to_thread(convex.variables, RETENDER_API_KEY=KEY)
        await until(ended(convex, "a"))


async def test_a_deleted_row_comes_back_on_request(tmp_path: Path, convex: Functions) -> None:
    async with synced(tmp_path, convex) as here:
        await submit(here, "a")
        await until(ended(convex, "a"))
        await asyncio.to_thread(convex.reset)
        answer = await here.http.post("/job/a/resync")
        await until(ended(convex, "a"))
        unknown = await here.http.post("/job/b/resync")
    assert answer.status_code == 202
    assert answer.json()["job_id"] == "a"
    assert unknown.status_code == 404


async def test_a_transcript_of_hours_is_whole(tmp_path: Path, convex: Functions) -> None:
    async with synced(tmp_path, convex) as here:
        script = says("palabra", "tras", "palabra", chunks=450)
        await here.submit(script, "long")
        await until(ended(convex, "long"))
        assert await asyncio.to_thread(convex.text, "long") == script.text
    rows = await asyncio.to_thread(convex.rows, "long")
    assert len(rows["chunks"]) == 3
    assert rows["jobs"][0]["chunkCount"] == 3


async def test_the_rule_that_simulations_use_is_that_of_the_functions(convex: Functions) -> None:
    """Every example, twice, and in both orders."""
    examples = [
        each["payload"]
        for each in json.loads((PROJECT / "tests/convex/payloads.json").read_text())
        if "chunk" not in each["payload"]
    ]
    here = Rows()
    client = ConvexClient(ConvexSettings(url=convex.url, key=KEY), SystemClock(), Random(1))
    for payload in (*examples, *examples, *reversed(examples)):
        answer = await client.post(json.dumps(payload).encode(), lambda: False)
        said: dict[str, Any] = here.update(payload)
        assert (answer.kind, answer.reason) == ("stored", said.get("reason", "")), payload
    await client.close()
