"""The waveform of a recording as a player gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.engines.scripted import Passage, Script
from tests.support.http.http_service import Site, says, site

LEVELS = [0.0, 0.01, 0.02]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def test_a_waveform_is_there_and_need_not_be_sent_twice(here: Site) -> None:
    job_id = await here.submit(says("one", chunks=3))
    await here.ended(job_id)
    answer = await here.http.get(f"/job/{job_id}/peaks")
    assert answer.json() == {"per_second": 1.0, "peaks": LEVELS}
    assert "private" in answer.headers["cache-control"]
    again = await here.http.get(
        f"/job/{job_id}/peaks", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_job_answered_from_the_cache_has_its_waveform_too(here: Site) -> None:
    script = says("one", chunks=3)
    await here.ended(await here.submit(script, "first"))
    await here.submit(script, "second")
    assert (await here.http.get("/job/second/peaks")).json()["peaks"] == LEVELS


async def test_before_the_recording_is_decoded_there_is_none(here: Site) -> None:
    script = Script((Passage(("a",)),), preparation=Passage((), takes=60.0))
    job_id = await here.submit(script)
    answer = await here.http.get(f"/job/{job_id}/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_prepared")
    await here.http.delete(f"/job/{job_id}")
    answer = await here.http.get(f"/job/{job_id}/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_peaks")


async def test_strangers_see_no_waveform(here: Site) -> None:
    answer = await here.http.get("/job/nowhere/peaks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")
