"""Edits of a transcript over HTTP: versions, conflicts, and what results give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.http.http_service import Site, says, site

RECORDING = says("good", "morning")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        await opened.ended(await opened.submit(RECORDING))
        yield opened


def segment(number: int, text: str) -> dict[str, Any]:
    return {"id": number, "start": float(number), "end": number + 1.0, "text": text}


async def put(here: Site, version: int, *texts: str, job_id: str = "a") -> httpx.Response:
    segments = [segment(number, text) for number, text in enumerate(texts)]
    headers = {"If-Match": f'"{version}"'}
    return await here.http.put(
        f"/job/{job_id}/transcript", json={"segments": segments}, headers=headers
    )


async def read(here: Site, **query: int) -> Any:
    answer = await here.http.get("/job/a/transcript", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return answer.json()


async def text(here: Site, query: str = "") -> str:
    return (await here.http.get(f"/job/a/result?format=txt{query}")).text


async def test_what_was_recognised_is_version_0(here: Site) -> None:
    body = await read(here)
    assert (body["version"], body["original"], body["edited_at"]) == (0, 0, None)
    assert [each["text"] for each in body["segments"]] == ["good morning"]


async def test_an_edit_is_the_next_version_and_the_original_stays(here: Site) -> None:
    saved = await put(here, 0, "Good", "evening")
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    latest, original = await read(here), await read(here, version=0)
    assert [each["text"] for each in latest["segments"]] == ["Good", "evening"]
    assert latest["edited_at"].endswith("Z")
    assert [each["text"] for each in original["segments"]] == ["good morning"]
    assert latest["versions"] == original["versions"] == [0, 1]


async def test_results_have_the_latest_edits_unless_they_are_asked_for_another(here: Site) -> None:
    await put(here, 0, "Good evening")
    await put(here, 1, "Good night")
    assert await text(here) == "Good night\n"
    assert await text(here, "&version=1") == "Good evening\n"
    assert await text(here, "&version=0") == "good morning\n"
    result: Any = (await here.job("a"))["result"]
    assert result["text"] == "Good night"
    gone = await here.http.get("/job/a/result?version=7")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "version_not_found")


async def test_of_two_who_edit_the_same_version_one_is_told_of_the_other(here: Site) -> None:
    answers = await asyncio.gather(put(here, 0, "mine"), put(here, 0, "yours"))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    error = next(each for each in answers if each.status_code == 412).json()["error"]
    assert (error["code"], error["details"]["version"]) == ("transcript_changed", 1)
    assert (await read(here))["versions"] == [0, 1]


async def test_an_edit_whose_answer_was_lost_can_be_sent_again(here: Site) -> None:
    first, again = await put(here, 0, "mine"), await put(here, 0, "mine")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await read(here))["versions"] == [0, 1]


async def test_an_edit_must_say_what_it_follows(here: Site) -> None:
    answer = await here.http.put("/job/a/transcript", json={"segments": []})
    assert (answer.status_code, answer.json()["error"]["code"]) == (428, "version_needed")
    answer = await here.http.put(
        "/job/a/transcript", json={"segments": []}, headers={"If-Match": "*"}
    )
    assert answer.json()["error"]["details"]["field"] == "If-Match"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"segments": [{"id": 0}]}',
        b'{"segments": [{"id": 0, "start": "0", "end": 1, "text": "a"}]}',
        b'{"segments": [{"id": 0, "start": 2, "end": 1, "text": "a"}]}',
    ],
)
async def test_what_is_no_transcript_is_refused(here: Site, body: bytes) -> None:
    answer = await here.http.put("/job/a/transcript", content=body, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_option")
    assert answer.json()["error"]["details"]["field"] == "segments"
    assert (await read(here))["version"] == 0


async def test_a_transcript_of_four_hours_can_be_edited_and_one_of_days_is_refused(
    here: Site,
) -> None:
    texts = ["x" * 200] * 12_000
    assert (await put(here, 0, *texts)).json()["version"] == 1
    answer = await put(here, 1, *(["x" * 1500] * 12_000))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_only_a_whole_transcript_is_edited(here: Site) -> None:
    await here.submit(says("slow", takes=60.0), "b")
    answer = await put(here, 0, "mine", job_id="b")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_completed")
    partial = await here.http.get("/job/b/transcript")
    assert (partial.status_code, partial.json()["segments"]) == (200, [])


async def test_the_same_recording_submitted_again_has_the_text_that_was_recognised(
    here: Site,
) -> None:
    await put(here, 0, "mine")
    await here.submit(RECORDING, "b")
    result: Any = (await here.job("b"))["result"]
    assert result["text"] == "good morning"


async def test_who_comes_back_for_the_end_of_an_edited_job_gets_the_edit(here: Site) -> None:
    async def end() -> str:
        return (await here.http.get("/job/a/events?since=0")).text

    assert "good morning" in await end()
    await put(here, 0, "Good night")
    assert '"text":"Good night"' in await end()


async def test_an_edit_outlives_the_service(tmp_path: Path) -> None:
    async with site(tmp_path) as before:
        await before.ended(await before.submit(RECORDING))
        await put(before, 0, "mine")
    async with site(tmp_path) as after:
        assert (await read(after))["version"] == 1
        assert await text(after) == "mine\n"
