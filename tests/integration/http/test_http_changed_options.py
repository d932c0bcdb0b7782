"""`PATCH /job/{id}/options`: the options of a job that waits are changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.http.http_service import DEADLINE, Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, workers=False) as opened:
        yield opened


async def submitted(here: Site, **fields: str) -> str:
    files = {"file": ("a.wav", says("a").recorded(), "audio/wav")}
    answer = await here.http.post("/transcribe-job", files=files, data=fields)
    return str(answer.json()["job_id"])


async def test_what_is_given_is_changed_and_an_empty_value_is_the_default(here: Site) -> None:
    job_id = await submitted(here, language="en", prompt="a meeting")
    change = {"language": "es", "word_timestamps": True, "temperature": 0.5, "prompt": None}
    answer = await here.http.patch(f"/job/{job_id}/options", json=change)
    assert answer.status_code == 200
    options = {"language": "es", "word_timestamps": True, "temperature": 0.5}
    assert answer.json()["options"] == options == (await here.job(job_id))["options"]
    assert answer.json()["status"] == "queued"
    several = {"language": None, "languages": ["es", "en"]}
    answer = await here.http.patch(f"/job/{job_id}/options", json=several)
    assert answer.json()["options"]["languages"] == "en,es"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "klingon"}, "language"),
        ({"langauge": "es"}, "langauge"),
        ({"priority": 3}, "priority"),
        ({"vad": "maybe"}, "vad"),
        ({"model": "no model"}, "model"),
        ({"temperature": [1]}, "temperature"),
    ],
)
async def test_what_a_submission_may_not_have_is_refused_and_named(
    here: Site, change: dict[str, object], field: str
) -> None:
    job_id = await submitted(here)
    answer = await here.http.patch(f"/job/{job_id}/options", json=change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "invalid_option")
    assert field in error["message"]
    assert (await here.job(job_id))["options"] == {}


async def test_a_job_that_is_begun_or_unknown_is_refused_in_the_callers_language(
    tmp_path: Path,
) -> None:
    async with site(tmp_path) as here:
        job_id = await here.submit(says("slow", takes=60.0))
        async with asyncio.timeout(DEADLINE):
            while (await here.job(job_id))["status"] != "processing":  # noqa: ASYNC110 - a worker's doing
                await asyncio.sleep(0.01)
        here.http.headers["Accept-Language"] = "es"
        change = {"language": "es"}
        begun = await here.http.patch(f"/job/{job_id}/options", json=change)
        assert (begun.status_code, begun.json()["error"]["code"]) == (409, "already_begun")
        assert "ya ha empezado" in begun.json()["error"]["message"]
        assert (await here.http.patch("/job/none/options", json=change)).status_code == 404
