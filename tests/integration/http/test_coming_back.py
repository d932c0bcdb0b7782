"""Those who wait for a transcript and come back for it by their `Idempotency-Key`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import Site, says, site
from tests.support.http.raw_client import FORM, form, line, part

SCRIPT = says("good", "morning", chunks=2)
BODY = form(part("model", b"whisper-1"), part("file", SCRIPT.recorded()))
PLAIN_BODY = form(part("file", SCRIPT.recorded()))
STREAMED_BODY = form(
    part("model", b"whisper-1"), part("stream", b"true"), part("file", SCRIPT.recorded())
)
HEADERS = {"Content-Type": FORM, "Idempotency-Key": "k"}

EACH_WAY = pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/transcribe", PLAIN_BODY),
        ("/v1/audio/transcriptions", BODY),
        ("/v1/audio/transcriptions", STREAMED_BODY),
    ],
    ids=["own", "openai", "stream"],
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, workers=False) as opened:
        yield opened


async def submitted(here: Site) -> str:
    answer = await here.http.post("/transcribe-job", content=PLAIN_BODY, headers=HEADERS)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def asked(here: Site, path: str, body: bytes) -> httpx.Response:
    return await here.http.post(path, content=body, headers=HEADERS)


@EACH_WAY
async def test_of_a_job_that_failed_and_was_retried_one_gets_the_transcript(
    here: Site, path: str, body: bytes
) -> None:
    hand = Hand(here, SCRIPT)
    job_id = await submitted(here)
    await hand.prepare()
    await hand.finish()
    await hand.take()
    await hand.fail()
    await here.http.post(f"/job/{job_id}/retry")
    await hand.take()
    await hand.finish_all()
    answer = await asked(here, path, body)
    assert answer.status_code == 200, answer.text
    assert "good morning good morning" in answer.text
    assert "error" not in answer.text


@EACH_WAY
async def test_of_a_job_that_failed_one_is_told_so(here: Site, path: str, body: bytes) -> None:
    hand = Hand(here, SCRIPT)
    await submitted(here)
    await hand.take()
    await hand.fail()
    assert "corrupt_media" in (await asked(here, path, body)).text


async def test_who_hangs_up_on_a_stream_and_may_come_back_cancels_nothing(here: Site) -> None:
    async with line(here.url) as wire:
        await wire.head(
            "POST",
            "/v1/audio/transcriptions",
            Content_Type=FORM,
            Content_Length=len(STREAMED_BODY),
            Idempotency_Key="k",
        )
        await wire.send(STREAMED_BODY)
        job_id = await here.first_job()
        await _until(lambda: job_id in here.services.hub._followers)
        wire.leave()
    await _until(lambda: job_id not in here.services.hub._followers)
    hand = Hand(here, SCRIPT)
    await hand.take()
    await hand.finish_all()
    assert (await here.job(job_id))["status"] == "completed"


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)
