"""Following a job as a stream of events, as browsers do it without WebSockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.live_client import eventually, viewing

THREE = says("one", "two", seconds=10.0, chunks=3)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, workers=False) as opened:
        yield opened


@pytest.fixture
async def hand(here: Site) -> Hand:
    await here.submit(THREE)
    return Hand(here, THREE)


def events(text: str) -> list[dict[str, Any]]:
    """As a browser takes them: an event is its type, its number and what is in it."""
    blocks = [dict(_line(line) for line in block.split("\n")) for block in text.split("\n\n")]
    return [block | {"data": json.loads(block["data"])} for block in blocks if "data" in block]


def _line(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


async def test_the_stream_has_the_messages_of_the_socket_and_ends_with_the_job(
    here: Site, hand: Hand
) -> None:
    await hand.finish_all()
    answer = await here.http.get("/job/a/events?since=0")
    told = events(answer.text)
    async with viewing(here, query="?since=0") as viewer:
        await viewer.rest()
    del viewer.heard[0]["timestamp"], told[0]["data"]["timestamp"]
    assert [event["data"] for event in told] == viewer.heard
    for event in told:
        assert event["event"] == event["data"]["type"]
        assert event.get("id") == (str(event["data"]["seq"]) if "seq" in event["data"] else None)
    assert told[-1]["event"] == "completed"


async def test_the_story_of_a_finished_job_is_told_as_it_went(here: Site, hand: Hand) -> None:
    await hand.finish_all()
    told = events((await here.http.get("/job/a/events?since=0")).text)
    progress = [event["data"]["data"]["progress"] for event in told if "id" in event]
    assert progress[0] == 0.0
    assert progress == sorted(progress)
    assert progress[-1] == 100


async def test_no_proxy_may_keep_or_hold_back_the_stream(here: Site, hand: Hand) -> None:
    await hand.finish_all()
    answer = await here.http.get("/job/a/events")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.text.startswith("retry: ")


async def test_a_browser_that_comes_back_after_the_end_is_told_to_stay_away(
    here: Site, hand: Hand
) -> None:
    await hand.finish_all()
    told = events((await here.http.get("/job/a/events")).text)
    assert [event["event"] for event in told] == ["connected", "status", "completed"]
    again = await here.http.get("/job/a/events", headers={"Last-Event-ID": told[-1]["id"]})
    assert (again.status_code, again.content) == (204, b"")


async def test_the_number_that_a_browser_sends_goes_before_the_one_in_the_address(
    here: Site, hand: Hand
) -> None:
    await hand.finish_all()
    last = int(str((await here.job("a"))["seq"]))
    headers = {"Last-Event-ID": str(last - 2)}
    told = events((await here.http.get("/job/a/events?since=0", headers=headers)).text)
    assert [event["id"] for event in told[1:]] == [str(last - 1), str(last)]


async def test_news_come_as_they_happen_and_silence_is_filled_with_comments(
    tmp_path: Path,
) -> None:
    quick = msgspec.structs.replace(PLAIN, ping_interval=0.02)
    async with site(tmp_path, settings=quick, workers=False) as here:
        await here.submit(THREE)
        hand = Hand(here, THREE)
        async with here.http.stream("GET", "/job/a/events") as answer:
            lines = answer.aiter_lines()
            await _until(lines, "event: status")
            await _until(lines, ":")
            await hand.prepare()
            await _until(lines, "event: progress")
            await hand.finish_all()
            await _until(lines, "event: completed")


async def _until(lines: AsyncIterator[str], wanted: str) -> None:
    async for line in lines:
        if line == wanted:
            return
    raise AssertionError(f"the stream ended without {wanted}")


async def test_a_browser_that_leaves_is_forgotten(here: Site, hand: Hand) -> None:
    async with here.http.stream("GET", "/job/a/events") as answer:
        await _until(answer.aiter_lines(), "event: status")
        assert here.services.hub._followers
    await eventually(lambda: not here.services.hub._followers)


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?since=-1", {}), ("?since=two", {}), ("", {"Last-Event-ID": "two"})],
)
async def test_a_number_that_is_none_is_refused(
    here: Site, hand: Hand, query: str, headers: dict[str, str]
) -> None:
    answer = await here.http.get(f"/job/a/events{query}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_option")


async def test_a_job_that_is_not_there_has_no_stream(here: Site) -> None:
    answer = await here.http.get("/job/nowhere/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")
