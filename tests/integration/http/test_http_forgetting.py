"""Forgetting jobs: in every state, for good, and only one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import JobNotFound
from retender.jobs.retention import Retention
from retender.jobs.submission import Submission
from serve_app.access.api_keys import listed
from serve_app.access.key_file import Keyring
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import Site, says, site

NOW = Retention(audio_seconds=0.0)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def forget(here: Site, job_id: str, **headers: str) -> None:
    answer = await here.http.delete(f"/job/{job_id}?forget=true", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"job_id": job_id, "status": "forgotten"})


async def gone(here: Site, job_id: str) -> None:
    paths = ("", "/result", "/audio", "/transcript", "/peaks", "/events")
    for path in paths:
        answer = await here.http.get(f"/job/{job_id}{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found"), path
    assert (await here.http.get("/jobs")).json()["jobs"] == []
    assert (await here.http.get("/queue/info")).json()["queue"]["total_jobs"] == 0


async def test_a_forgotten_job_is_gone_with_all_that_belonged_to_it(here: Site) -> None:
    script = says("secret")
    await here.ended(await here.submit(script))
    edit = {"segments": [{"id": 0, "start": 0, "end": 1, "text": "edited"}]}
    await here.http.put("/job/a/transcript", json=edit, headers={"If-Match": '"0"'})
    for _ in range(2):
        await forget(here, "a")
    await gone(here, "a")
    asked = (script.audio().sha256,)
    assert await here.services.manager.ask(JobManager.audio_in_use, asked, NOW) == frozenset()
    assert await here.services.manager.ask(JobManager.unfinished, ("a",)) == frozenset()


async def test_one_that_runs_is_cancelled_first(here: Site) -> None:
    job_id = await here.submit(says("slow", takes=60.0))
    await forget(here, job_id)
    await gone(here, job_id)
    # Its worker is free again.
    await here.ended(await here.submit(says("next"), "next"))


async def test_a_dead_letter_can_be_forgotten_and_not_retried_then(here: Site) -> None:
    failing = Passage(("a",), takes=0.0, acts=(Act.FATAL,) * 9)
    await here.ended(await here.submit(Script((failing,), Passage((), takes=0.0))))
    await forget(here, "a")
    assert (await here.http.post("/job/a/retry")).status_code == 404
    assert (await here.http.get("/queue/info")).json()["queue"]["dead_letters"] == 0


async def test_a_submission_that_comes_late_does_not_bring_it_back(here: Site) -> None:
    await here.ended(await here.submit(says("a")))
    await forget(here, "a")
    late = Submission(job_id="a", audio=says("a").audio())
    with pytest.raises(JobNotFound):
        await here.services.manager.ask(JobManager.submit, late)


async def test_the_recording_stays_for_a_job_that_has_the_same(here: Site) -> None:
    script = says("shared")
    await here.ended(await here.submit(script, "a"))
    await here.submit(script, "b")
    await forget(here, "a")
    asked = (script.audio().sha256,)
    needed = await here.services.manager.ask(JobManager.audio_in_use, asked, Retention())
    assert needed == {script.audio().sha256}
    assert (await here.http.get("/job/b/audio")).status_code == 200


async def test_a_job_of_others_stays_and_its_existence_is_not_told(tmp_path: Path) -> None:
    mine, yours = ("a" * 24, "b" * 24)
    keys = Keyring((listed(mine), listed(yours)))
    async with site(tmp_path, keys=keys) as here:
        job_id = await here.submit(says("mine"), owner=listed(mine).owner)
        await forget(here, job_id, **{"X-API-Key": yours})
        answer = await here.http.get(f"/job/{job_id}", headers={"X-API-Key": mine})
        assert answer.status_code == 200
