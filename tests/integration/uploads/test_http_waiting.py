"""Submitting a recording and waiting for its text in one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.manager.job_manager import JobManager
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import Site, says, site
from tests.support.http.raw_client import FORM, form, line, part


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Site]:
    """Nobody works on what is submitted."""
    async with site(tmp_path, workers=False) as opened:
        yield opened


async def upload(
    here: Site, recording: bytes, path: str = "/transcribe-job", **fields: str
) -> httpx.Response:
    files = {"file": ("talk.wav", recording, "audio/wav")}
    return await here.http.post(path, files=files, data=fields)


async def job_of(here: Site, job_id: str) -> Any:
    return (await here.services.manager.ask(JobManager.status, job_id)).job


async def jobs(here: Site) -> list[Any]:
    listed: list[Any] = (await here.http.get("/jobs")).json()["jobs"]
    return listed


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def test_waiting_gives_the_transcript(here: Site) -> None:
    answer = await upload(here, says("good", "morning").recorded(), "/transcribe")
    assert answer.status_code == 200
    body = answer.json()
    assert body["text"] == "good morning"
    assert (await here.job(body["job_id"]))["result"]["text"] == "good morning"  # type: ignore[index]  # it is JSON


async def test_waiting_for_a_job_that_fails_gives_its_error_and_its_id(here: Site) -> None:
    broken = Script((Passage(("x",)),), Passage((), acts=(Act.FATAL,), takes=0.0))
    answer = await upload(here, broken.recorded(), "/transcribe")
    assert (answer.status_code, code(answer)) == (422, "corrupt_media")
    job_id = answer.json()["error"]["details"]["job_id"]
    assert (await here.job(job_id))["status"] == "failed"


async def test_waiting_for_a_job_that_someone_cancels_ends(here: Site) -> None:
    waiting = asyncio.create_task(upload(here, says("slow", takes=600.0).recorded(), "/transcribe"))
    await here.http.delete(f"/job/{await here.first_job()}")
    answer = await waiting
    assert (answer.status_code, code(answer)) == (409, "job_cancelled")


@pytest.mark.parametrize(("headers", "status"), [({}, "cancelled"), ({"Idempotency_Key": "k"}, "")])
async def test_hanging_up_cancels_unless_one_may_come_back(
    here: Site, headers: dict[str, str], status: str
) -> None:
    body = form(part("file", says("slow", takes=600.0).recorded()))
    async with line(here.url) as wire:
        await wire.head(
            "POST", "/transcribe", Content_Type=FORM, Content_Length=len(body), **headers
        )
        await wire.send(body)
        job_id = await here.first_job()
        wire.leave()
    if status:
        await here.ended(job_id)
        assert (await here.job(job_id))["status"] == status
    else:
        # Another request that is through tells that the hanging up has been seen to.
        await upload(here, says("next").recorded(), "/transcribe")
        assert (await here.job(job_id))["status"] in {"queued", "processing"}
