"""A recording of ten hours with the times of its 117,000 words: it comes in every form, though no
message between actors may be as long as it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from actors.runtime.limits import FRAME_BYTES
from deployments.wiring.clock import SystemClock
from retender.jobs.states import Status
from retender.transcript.formats import Format, render
from retender.transcript.segments import Segment, Transcript
from tests.support.actors.framed_runtime import FramedRuntime
from tests.support.http.http_service import Site, site
from tests.support.storage.long_texts import (
    SEGMENTS,
    WORDS_IN_ALL,
    journal_of_ten_hours,
    long_segments,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    await journal_of_ten_hours(tmp_path)
    async with site(tmp_path, workers=False, runtime=FramedRuntime(SystemClock())) as opened:
        yield opened
        assert isinstance(opened.runtime, FramedRuntime)
        assert opened.runtime.largest < FRAME_BYTES / 4


def expected(about: dict[str, object]) -> Transcript:
    return Transcript(
        segments=long_segments(),
        language="es",
        language_probability=None,
        duration=36_000.0,
        processing_time=float(str(about["processing_time"])),
        model=str(about["model"]),
        engine=str(about["engine"]),
    )


async def test_it_comes_whole_in_every_format(here: Site) -> None:
    body = (await here.http.get("/job/long")).json()
    assert body["status"] == Status.COMPLETED
    assert sum(len(each["words"]) for each in body["result"]["segments"]) == WORDS_IN_ALL
    transcript = expected(body["result"])
    for kind in get_args(Format):
        answer = await here.http.get(f"/job/long/result?format={kind}")
        assert answer.status_code == 200
        assert answer.text == render(transcript, kind)


async def test_its_status_can_be_had_without_the_text(here: Site) -> None:
    body = (await here.http.get("/job/long?text=false")).json()
    assert (body["status"], body["result"], body["duration"]) == ("completed", None, 36_000.0)
    assert isinstance(here.runtime, FramedRuntime)
    assert here.runtime.largest < 100_000


async def test_it_is_edited_and_the_edit_comes_back_whole(here: Site) -> None:
    read = await here.http.get("/job/long/transcript")
    segments = read.json()["segments"]
    assert len(segments) == SEGMENTS
    segments[-1]["text"] = "Edited at the very end."
    changed = await here.http.put(
        "/job/long/transcript", json={"segments": segments}, headers={"If-Match": '"0"'}
    )
    assert changed.status_code == 200, changed.text[:500]
    assert changed.json()["version"] == 1
    assert changed.json()["segments"] == segments
    again = await here.http.get("/job/long/result?format=txt")
    assert again.text.endswith("Edited at the very end.\n")
    assert again.text.count("\n") == SEGMENTS


async def test_an_edit_that_hardly_can_be_compressed_is_refused_with_the_reason(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retender.transcript.edits.EDIT_BYTES", 50)
    edit = {"segments": [{"id": 0, "start": 0, "end": 1, "text": "x9Kq" * 7 + "zP0w"}]}
    answer = await here.http.put("/job/long/transcript", json=edit, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_it_comes_in_a_zip(here: Site) -> None:
    answer = await here.http.get("/jobs/export?ids=long&format=srt")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        text = archive.read("long.srt").decode()
    assert text.count(" --> ") == SEGMENTS


async def test_a_follower_is_sent_its_address_instead(here: Site) -> None:
    url = f"{here.url.replace('http', 'ws')}/ws/transcription/long"
    async with connect(url, proxy=None) as socket:
        messages = [msgspec.json.decode(text) async for text in socket]
    assert [each["type"] for each in messages] == ["connected", "status", "completed"]
    for each in messages[1:]:
        assert "result" not in each["data"]
        assert each["data"]["result_url"] == "/job/long/result"
    stream = await here.http.get("/job/long/events")
    assert stream.text.count('"result_url":"/job/long/result"') == 2


async def test_a_job_that_is_forgotten_while_it_is_sent_breaks_the_connection_off(
    here: Site,
) -> None:
    async with here.http.stream("GET", "/job/long/result?format=json") as answer:
        assert answer.status_code == 200
        parts = answer.aiter_raw()
        await anext(parts)
        await here.http.delete("/job/long?forget=true")
        with pytest.raises(httpx.RemoteProtocolError):
            await rest_of(parts)


async def rest_of(parts: AsyncIterator[bytes]) -> None:
    async for _ in parts:
        pass


def test_the_segments_are_those_of_ten_hours() -> None:
    assert all(isinstance(each, Segment) for each in long_segments()[:1])
    assert WORDS_IN_ALL >= 112_000
