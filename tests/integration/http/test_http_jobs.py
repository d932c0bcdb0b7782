"""Jobs as clients see them: reading, listing, cancelling, retrying."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.broadcasting.broadcaster import Broadcaster
from retender.jobs.states import Stage
from tests.support.http.http_service import Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def test_a_completed_job_shows_its_text(here: Site) -> None:
    job_id = await here.submit(says("good", "morning"))
    await here.ended(job_id)
    body = await here.job(job_id)
    assert (body["status"], body["progress"]) == ("completed", 100.0)
    result = body["result"]
    assert isinstance(result, dict)
    assert result["text"] == "good morning"


async def test_a_job_that_is_not_there_is_404_with_a_request_id(here: Site) -> None:
    answer = await here.http.get("/job/nowhere", headers={"X-Request-ID": "mine.1"})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["code"], error["request_id"]) == ("job_not_found", "mine.1")
    assert answer.headers["X-Request-ID"] == "mine.1"


async def test_cancelling_twice_is_cancelling_once(here: Site) -> None:
    job_id = await here.submit(says("slow", takes=60.0))
    for _ in range(2):
        answer = await here.http.delete(f"/job/{job_id}")
        assert (answer.status_code, answer.json()) == (
            200,
            {"job_id": job_id, "status": "cancelled"},
        )


async def test_a_finished_job_cannot_be_cancelled(here: Site) -> None:
    job_id = await here.submit(says("done"))
    await here.ended(job_id)
    answer = await here.http.delete(f"/job/{job_id}")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "already_finished"


async def test_only_a_failed_job_can_be_retried(here: Site) -> None:
    job_id = await here.submit(says("done"))
    await here.ended(job_id)
    answer = await here.http.post(f"/job/{job_id}/retry")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_failed")


async def test_the_newest_job_is_listed_first(here: Site) -> None:
    for name in ("one", "two", "three"):
        await here.ended(await here.submit(says(name), name))
    first = (await here.http.get("/jobs?limit=2")).json()
    assert [job["job_id"] for job in first["jobs"]] == ["three", "two"]
    rest = (await here.http.get("/jobs", params={"cursor": first["next_cursor"]})).json()
    assert [job["job_id"] for job in rest["jobs"]] == ["one"]
    assert rest["next_cursor"] is None


async def test_a_list_tells_what_the_job_itself_tells_of_place_progress_and_time_left(
    here: Site,
) -> None:
    names = [f"job-{number}" for number in range(6)]
    for name in names:
        await here.submit(says(name, takes=60.0), name)
    async with here.services.hub.follow(names[0]) as news:
        async for each in news:
            if each.stage is Stage.TRANSCRIBING:
                break
    await here.services.broadcaster.ask(Broadcaster.progress, names[0], 0, 0.5)
    told = ("queue_position", "progress", "estimated_time_remaining")
    jobs = (await here.http.get("/jobs?sort=oldest")).json()["jobs"]
    listed = [[job[field] for field in told] for job in jobs]
    assert listed == [[(await here.job(name))[field] for field in told] for name in names]
    assert 1 in [place for place, _, _ in listed]
    assert listed[0][1] > 0
    for name in names:
        await here.http.delete(f"/job/{name}")


async def test_the_service_is_ready_until_it_stops(here: Site) -> None:
    assert (await here.http.get("/health/ready")).status_code == 200
    here.web.close_intake()
    answer = await here.http.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")


async def test_a_method_that_a_path_lacks_is_answered_with_those_it_has(here: Site) -> None:
    answer = await here.http.put("/job/a")
    assert answer.status_code == 405
    assert {"DELETE", "GET"} <= set(answer.headers["Allow"].split(", "))
    assert answer.json()["error"]["code"] == "method_not_allowed"
