"""Following a job over a WebSocket, as the wire contract has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.manager.job_manager import JobManager
from deployments.limits import SOCKET_FRAME_BYTES
from retender.jobs.messages import failure_text
from serve_app.live import socket
from serve_app.live.opening import OpenedFollow, open_follow
from serve_app.live.socket_rules import CloseCode
from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import Site, says, site
from tests.support.http.live_client import viewing

THREE = says("one", "two", seconds=10.0, chunks=3)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, workers=False) as opened:
        yield opened


@pytest.fixture
async def hand(here: Site) -> Hand:
    """With a job of three chunks, of which none is begun."""
    await here.submit(THREE)
    return Hand(here, THREE)


async def test_a_client_hears_where_the_job_is_then_every_change_then_the_end(
    here: Site, hand: Hand
) -> None:
    async with viewing(here) as viewer:
        connected, status = await viewer.next(), await viewer.next()
        await hand.finish_all()
        news = await viewer.rest()
    assert connected["type"] == "connected"
    assert connected["data"] == {
        "message": "Connected",
        "job_id": "a",
        "status": "queued",
        "seq": 1,
    }
    assert status["type"] == "status"
    assert (status["data"]["status"], status["data"]["seq"]) == ("queued", 1)
    job = await here.job("a")
    assert viewer.numbers == list(range(2, int(str(job["seq"])) + 1))
    assert news[-1]["type"] == "completed"
    assert news[-1]["data"]["result"] == job["result"]
    assert (news[-1]["data"]["status"], news[-1]["data"]["progress"]) == ("completed", 100)
    assert viewer.connection.close_code == 1000


async def test_every_message_says_its_type_its_job_and_its_time(here: Site, hand: Hand) -> None:
    async with viewing(here) as viewer:
        await viewer.say("ping")
        await viewer.until("pong")
        await hand.finish_all()
        await viewer.rest()
    for told in viewer.heard:
        assert set(told) - {"seq"} == {"type", "job_id", "data", "timestamp"}
        assert told["job_id"] == "a"
        assert told["timestamp"].endswith("Z")


async def test_segments_come_as_they_are_finished_and_all_of_them(here: Site, hand: Hand) -> None:
    async with viewing(here) as viewer:
        await viewer.until("status")
        await hand.finish_all()
        news = await viewer.rest()
    told = [segment for each in news for segment in each["data"].get("segments", [])]
    assert [segment["text"] for segment in told] == ["one two"] * 3
    assert all("seq" in each for each in news if each["data"].get("segments"))
    assert told == news[-1]["data"]["result"]["segments"]


async def test_passing_progress_carries_no_number_and_never_goes_back(
    here: Site, hand: Hand
) -> None:
    async with viewing(here) as viewer:
        await hand.prepare()
        hand.progress(6.0)
        while (await viewer.next())["data"].get("progress") != 20.0:
            pass
        assert "seq" not in viewer.heard[-1]
        assert viewer.heard[-1]["data"]["stage"] == "transcribing"
        async with viewing(here) as later, viewing(here, query="?since=1") as returned:
            assert (await later.until("status"))["data"]["progress"] == 20.0
            await hand.finish_all()
            for each in (viewer, later, returned):
                await each.rest()
                seen = [m["data"]["progress"] for m in each.heard if m["type"] == "progress"]
                assert seen == sorted(seen)
            assert returned.heard[1]["data"]["progress"] == 20.0


async def test_with_a_number_only_what_came_after_it_is_told(here: Site, hand: Hand) -> None:
    await hand.prepare()
    async with viewing(here, query="?since=2") as viewer:
        assert (await viewer.next())["type"] == "connected"
        await hand.finish_all()
        assert "status" not in {told["type"] for told in await viewer.rest()}
    job = await here.job("a")
    assert viewer.numbers == list(range(3, int(str(job["seq"])) + 1))


@pytest.mark.parametrize("query", ["", "?since=", "?since=999999"])
async def test_of_a_finished_job_a_newcomer_gets_the_result_and_the_end(
    here: Site, hand: Hand, query: str
) -> None:
    await hand.finish_all()
    async with viewing(here, query=query) as viewer:
        kinds = [told["type"] for told in await viewer.rest()]
        assert kinds == ["connected", "status", "completed"]
        assert viewer.heard[1]["data"]["result"] == viewer.heard[2]["data"]["result"]
        assert viewer.connection.close_code == 1000


async def test_who_has_seen_the_end_is_told_nothing_again(here: Site, hand: Hand) -> None:
    await hand.finish_all()
    seq = (await here.job("a"))["seq"]
    async with viewing(here, query=f"?since={seq}") as viewer:
        assert [told["type"] for told in await viewer.rest()] == ["connected"]
        assert viewer.connection.close_code == 1000


async def test_a_failure_is_told_to_whoever_uploaded_and_to_whoever_runs_the_service(
    here: Site, hand: Hand
) -> None:
    async with viewing(here) as viewer:
        await hand.take()
        await hand.fail()
        error = await viewer.until("error")
        assert error["data"].pop("completed_at").endswith("Z")
        assert error["data"] == {
            "status": "failed",
            "error": failure_text("corrupt_media", "en"),
            "code": "corrupt_media",
            "detail": "moov atom not found",
        }
        assert await viewer.closed() == 1000


async def test_a_retried_job_is_followed_past_its_old_end(here: Site, hand: Hand) -> None:
    await hand.take()
    await hand.fail()
    await here.http.post("/job/a/retry")
    async with viewing(here, query="?since=0") as viewer:
        assert (await viewer.until("error"))["seq"] < (await here.job("a"))["seq"]
        await hand.take()
        await hand.finish_all()
        assert (await viewer.rest())[-1]["type"] == "completed"
    assert viewer.numbers == list(range(1, viewer.numbers[-1] + 1))


async def test_a_client_can_ask_how_the_job_is_at_any_time(here: Site, hand: Hand) -> None:
    async with viewing(here) as viewer:
        await viewer.until("status")
        await hand.prepare()
        await viewer.say("get_status", job_id="a")
        status = await viewer.until("status")
        assert status["data"] == await here.job("a")


async def test_a_client_can_cancel_the_job_and_all_clients_hear_of_it(
    here: Site, hand: Hand
) -> None:
    async with viewing(here) as one, viewing(here) as other:
        await one.say("cancel", job_id="a")
        for viewer in (one, other):
            cancelled = await viewer.until("cancelled")
            assert cancelled["data"]["status"] == "cancelled"
            assert await viewer.closed() == 1000
    assert (await here.job("a"))["status"] == "cancelled"


async def test_what_cannot_be_done_is_said_and_the_socket_stays_open(
    here: Site, hand: Hand
) -> None:
    async with viewing(here) as viewer:
        await viewer.until("status")
        await viewer.say("dance")
        complaint = await viewer.next()
        assert (complaint["type"], complaint["data"]["code"]) == ("error", "bad_message")
        assert "seq" not in complaint
        await viewer.connection.send(b'{"type": "ping"}')
        assert (await viewer.next())["data"]["code"] == "bad_message"
        await viewer.say("ping")
        assert (await viewer.next())["type"] == "pong"
        await viewer.say("ping", job_id="another")
        assert (await viewer.next())["data"]["code"] == "bad_message"


async def test_three_meaningless_messages_in_a_row_close_the_socket(here: Site, hand: Hand) -> None:
    async with viewing(here) as viewer:
        for text in ("what?", "[]", "[" * SOCKET_FRAME_BYTES):
            await viewer.connection.send(text)
        assert await viewer.closed() == 1008
    assert [told["type"] for told in viewer.heard].count("error") == 2


async def test_a_message_of_more_than_its_bound_closes_the_socket(here: Site, hand: Hand) -> None:
    async with viewing(here) as viewer:
        await viewer.until("status")
        await viewer.connection.send("x" * (SOCKET_FRAME_BYTES + 1))
        assert await viewer.closed() == 1009


async def test_a_finished_job_cannot_be_cancelled(
    here: Site, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with viewing(here) as viewer:
        await viewer.until("status")
        # The news is still on its way to the client.
        monkeypatch.setattr(here.services.hub, "_add_event", lambda event: None)
        await hand.finish_all()
        await viewer.say("cancel")
        error = await viewer.until("error")
        assert error["data"]["code"] == "already_finished"
        await viewer.say("ping")
        await viewer.until("pong")
    assert (await here.job("a"))["status"] == "completed"


@pytest.mark.parametrize("query", ["?since=-1", "?since=two", "?since=1.5", "?since=%D9%A3"])
async def test_a_number_that_is_none_is_refused(here: Site, hand: Hand, query: str) -> None:
    async with viewing(here, query=query) as viewer:
        assert await viewer.closed() == 4400
        assert not viewer.heard


async def test_a_job_that_is_not_there_closes_the_socket_with_a_code_that_browsers_see(
    here: Site,
) -> None:
    async with viewing(here, "nowhere") as viewer:
        assert await viewer.closed() == 4404
        assert not viewer.heard


async def test_messages_are_in_the_language_that_the_client_asks_for(
    here: Site, hand: Hand
) -> None:
    headers = {"Accept-Language": "fr, es-MX;q=0.9, en;q=0.8"}
    async with viewing(here, additional_headers=headers) as viewer:
        assert (await viewer.next())["data"]["message"] == "Conectado"
        assert (await viewer.next())["data"]["message"].startswith("En cola")


async def test_the_queue_tells_who_watches(here: Site, hand: Hand) -> None:
    await here.submit(says("another"), "b")
    async with viewing(here) as one, viewing(here) as two, viewing(here, "b") as three:
        for viewer in (one, two, three):
            await viewer.until("status")
        sockets = (await here.http.get("/queue/info")).json()["websockets"]
        assert (sockets["total_connections"], sockets["jobs_with_connections"]) == (3, 2)
        assert set(sockets["active_jobs"]) == {"a", "b"}
        await here.services.manager.ask(JobManager.cancel, "a")
        assert (await one.closed(), await two.closed()) == (1000, 1000)
        sockets = (await here.http.get("/queue/info")).json()["websockets"]
        assert sockets["active_jobs"] == ["b"]


async def test_who_finds_all_sockets_taken_is_told_to_come_back(
    here: Site, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SOCKETS", 1)
    async with viewing(here) as first:
        await first.until("status")
        async with viewing(here) as second:
            assert await second.closed() == CloseCode.TRY_LATER
        await hand.finish_all()
        assert (await first.rest())[-1]["type"] == "completed"


async def test_of_two_that_come_at_once_for_the_last_socket_one_gets_it(
    here: Site, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def slow_to_find(*args: Any) -> OpenedFollow:
        await gate.wait()
        return await open_follow(*args)

    monkeypatch.setattr(socket, "SOCKETS", 1)
    monkeypatch.setattr(socket, "open_follow", slow_to_find)
    async with viewing(here) as first, viewing(here) as second:
        assert await second.closed() == CloseCode.TRY_LATER
        gate.set()
        await first.until("status")
