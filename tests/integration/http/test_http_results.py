"""Transcripts and recordings as clients fetch them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.engines.scripted import Script
from tests.support.http.http_service import Site, says, site

RECORDING = says("good", "morning")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def transcribed(here: Site, script: Script = RECORDING) -> str:
    job_id = await here.submit(script)
    await here.ended(job_id)
    return job_id


@pytest.mark.parametrize(
    ("kind", "media_type", "said"),
    [
        ("json", "application/json", '"text":"good morning"'),
        ("verbose_json", "application/json", '"task":"transcribe"'),
        ("txt", "text/plain; charset=utf-8", "good morning\n"),
        ("srt", "application/x-subrip; charset=utf-8", "00:00:00,000 --> "),
        ("vtt", "text/vtt; charset=utf-8", "WEBVTT\n"),
        ("tsv", "text/tab-separated-values; charset=utf-8", "start\tend\ttext\n"),
    ],
)
async def test_a_transcript_comes_in_every_format(
    here: Site, kind: str, media_type: str, said: str
) -> None:
    job_id = await transcribed(here)
    answer = await here.http.get(f"/job/{job_id}/result", params={"format": kind})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert said in answer.text


async def test_an_unknown_format_is_refused_by_its_name(here: Site) -> None:
    job_id = await transcribed(here)
    answer = await here.http.get(f"/job/{job_id}/result?format=odt")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "invalid_option")
    assert error["details"]["field"] == "format"


async def test_what_is_not_completed_has_no_result_unless_part_of_it_will_do(here: Site) -> None:
    job_id = await here.submit(says("slow", takes=60.0))
    answer = await here.http.get(f"/job/{job_id}/result")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_completed")
    partial = await here.http.get(f"/job/{job_id}/result?format=txt&partial=true")
    assert (partial.status_code, partial.text) == (200, "")


async def test_the_recording_comes_back_byte_for_byte(here: Site) -> None:
    job_id = await transcribed(here)
    answer = await here.http.get(f"/job/{job_id}/audio")
    assert (answer.status_code, answer.content) == (200, RECORDING.recorded())


async def test_players_may_ask_for_a_range(here: Site) -> None:
    job_id = await transcribed(here)
    answer = await here.http.get(f"/job/{job_id}/audio", headers={"Range": "bytes=3-7"})
    assert (answer.status_code, answer.content) == (206, RECORDING.recorded()[3:8])
    assert answer.headers["content-range"] == f"bytes 3-7/{len(RECORDING.recorded())}"


async def test_what_a_stranger_uploaded_is_nothing_that_a_browser_runs(here: Site) -> None:
    job_id = await transcribed(here)
    answer = await here.http.get(f"/job/{job_id}/audio")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_recording_that_is_not_kept_any_more_is_gone(here: Site) -> None:
    job_id = await transcribed(here)
    await here.services.blobs.delete(RECORDING.audio().sha256)
    answer = await here.http.get(f"/job/{job_id}/audio")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "upload_expired")


async def test_the_queue_tells_how_busy_it_is(here: Site) -> None:
    await transcribed(here)
    body = (await here.http.get("/queue/info")).json()
    assert body["queue"] == {
        "queue_size": 0,
        "active_jobs": 0,
        "total_jobs": 1,
        "max_concurrent_jobs": 1,
        "is_running": True,
        "dead_letters": 0,
        "workers": 1,
        "audio_seconds_waiting": 0.0,
    }
    assert body["websockets"] == {
        "total_connections": 0,
        "jobs_with_connections": 0,
        "active_jobs": [],
    }
