"""Health and metrics, as a machine that watches over the service sees them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.manager.job_manager import JobManager
from actors.metrics.meter import Meter
from actors.supervision.supervisor import Supervisor
from retender.jobs.submission import Submission
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import Site, says, site
from tests.support.paths import PROJECT

DEADLINE = 60.0
RESTARTS = "retender_actor_restarts_total/broadcaster"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        await opened.services.health.check()
        yield opened


async def done(here: Site, script: Script, job_id: str) -> None:
    async with here.services.blobs.receive(limit=10**6) as upload:
        await upload.write(script.recorded())
        audio = await upload.finish(at=here.services.clock.now())
    await here.services.manager.ask(JobManager.submit, Submission(job_id=job_id, audio=audio))
    async with here.services.hub.follow(job_id) as news:
        async for each in news:
            if getattr(each, "last", False):
                return


async def figures(here: Site) -> dict[str, float]:
    """Each sample by its name and labels."""
    answer = await here.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        "/".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def ended(here: Site, count: int) -> None:
    """Until the meter has heard of so many ends."""

    async def heard() -> int:
        return sum((await here.services.meter.ask(Meter.figures)).ended.values())

    async with asyncio.timeout(DEADLINE):
        while await heard() < count:  # noqa: ASYNC110 - it is another actor's doing
            await asyncio.sleep(0.01)


async def test_health_tells_how_the_service_is(here: Site) -> None:
    body = (await here.http.get("/health")).json()
    assert (body["status"], body["version"], body["profile"]) == ("healthy", "0.0.test", "local")
    assert body["queue"]["queue_size"] == 0
    assert body["age"] >= 0
    assert body["uptime"] >= 0


async def test_health_tells_since_when_the_jobs_are_worked_on(here: Site) -> None:
    await here.services.health.check()
    began = (await here.http.get("/health")).json()["started_at"]
    await here.services.root.ask(Supervisor.restart_child, "job_manager", "a test")
    async with asyncio.timeout(DEADLINE):
        while (await here.http.get("/health")).json()["started_at"] == began:
            await here.services.health.check()
    assert datetime.fromisoformat((await here.http.get("/health")).json()["started_at"]) > (
        datetime.fromisoformat(began)
    )


async def test_health_is_answered_while_the_manager_is_not(here: Site) -> None:
    await here.services.root.ask(Supervisor.stop_child, "job_manager")
    body = (await here.http.get("/health")).json()
    assert body["status"] == "healthy"
    await here.services.health.check()
    body = (await here.http.get("/health")).json()
    assert (body["status"], "job_manager" in body["reason"]) == ("degraded", True)
    assert (await here.http.get("/health/ready")).status_code == 503
    assert (await here.http.get("/health/live")).status_code == 200


async def test_a_service_that_is_told_to_stop_says_so(here: Site) -> None:
    here.web.close_intake()
    assert (await here.http.get("/health")).json()["status"] == "stopping"
    assert (await here.http.get("/health/live")).status_code == 200


async def test_metrics_count_jobs_by_how_they_ended(here: Site) -> None:
    broken = Script((Passage(("x",), acts=(Act.FATAL,)),), preparation=Passage((), takes=0.0))
    await done(here, says("one", seconds=10.0), "good")
    await done(here, says("one", seconds=10.0), "known")
    await done(here, broken, "bad")
    await ended(here, 3)
    found = await figures(here)
    assert found["retender_jobs_submitted_total"] == 3
    assert found["retender_jobs_ended_total/completed"] == 2
    assert found["retender_jobs_ended_total/failed"] == 1
    assert found["retender_jobs_failed_total/corrupt_media"] == 1
    assert found["retender_jobs_from_cache_total"] == 1
    assert found["retender_audio_seconds_total"] == pytest.approx(10.0)
    for name in ("queue_wait_seconds", "processing_ratio", "end_to_end_seconds"):
        assert found[f"retender_{name}_bucket/+Inf"] == found[f"retender_{name}_count"] >= 1


async def test_the_tree_of_actors_tells_why_one_ended_last(here: Site) -> None:
    await here.services.root.ask(Supervisor.restart_child, "broadcaster", "for this test")
    async with asyncio.timeout(DEADLINE):
        while (told := (await actors(here))["broadcaster"])["restarts"] != 1:  # noqa: ASYNC110 - it is another actor's doing
            await asyncio.sleep(0.05)
    assert (told["depth"], told["state"]) == (1, "running")
    assert "for this test" in told["cause"]
    assert (await actors(here))["root"]["depth"] == 0
    assert (await actors(here))["job_manager"]["cause"] is None


async def actors(here: Site) -> dict[str, dict[str, Any]]:
    told = (await here.http.get("/actors")).json()["actors"]
    return {actor["name"]: actor for actor in told}


async def test_metrics_tell_which_actor_was_started_again(here: Site) -> None:
    await here.services.root.ask(Supervisor.restart_child, "broadcaster", "for this test")
    async with asyncio.timeout(DEADLINE):
        while (await figures(here)).get(RESTARTS) != 1:  # noqa: ASYNC110 - it is another actor's doing
            await asyncio.sleep(0.05)
    assert (await figures(here))["retender_actor_restarts_total/job_manager"] == 0


async def test_metrics_tell_of_how_many_jobs_news_is_sent_and_to_how_many(here: Site) -> None:
    await done(here, says("one"), "good")

    async def told(jobs: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while (await figures(here))["retender_followed_jobs"] != jobs:  # noqa: ASYNC110 - it is another actor's doing
                await asyncio.sleep(0.05)

    async with here.services.hub.follow("good"), here.services.hub.follow("other"):
        await told(2)
    await told(0)
    assert (await figures(here))["retender_subscriptions"] == 1


async def test_metrics_count_requests_by_route_and_not_by_address(here: Site) -> None:
    for name in ("a", "b", "c"):
        await here.http.get(f"/job/{name}?secret={name}")
    await here.http.get("/no/such/place")
    found = await figures(here)
    assert found["retender_http_requests_total/GET//job/{job_id}/404"] == 3
    assert found["retender_http_requests_total/GET/-/404"] == 1
    assert found["retender_http_seconds_count/GET//job/{job_id}"] == 3


async def test_every_figure_is_in_the_docs(here: Site) -> None:
    await done(here, says("one"), "good")
    docs = (PROJECT / "docs" / "api" / "operations.md").read_text()
    text = (await here.http.get("/metrics")).text
    shown = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    named = set(re.findall(r"retender_\w+", docs))
    assert shown - named == set()
    with_convex = {name for name in named if name.startswith("retender_convex_")}
    assert named - shown == with_convex, "other tests look at these"


async def test_metrics_are_told_though_their_sources_are_gone(here: Site) -> None:
    await here.services.root.ask(Supervisor.stop_child, "meter")
    found = await figures(here)
    assert found["retender_actor_running/job_manager"] == 1
    assert "retender_jobs_submitted_total" not in found
    assert found["retender_memory_bytes"] > 0
