"""The names of jobs: from the file, from the form, and changed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from serve_app.state.asking import ask_again
from tests.support.http.http_service import Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def name_of(here: Site, job_id: str) -> object:
    return (await here.job(job_id))["name"]


async def test_a_job_is_called_like_the_file_of_its_form(here: Site) -> None:
    files = {"file": ("Café con Zoë.wav", says("a").recorded(), "audio/wav")}
    answer = await here.http.post("/transcribe-job", files=files)
    assert await name_of(here, answer.json()["job_id"]) == "Café con Zoë.wav"


async def test_the_forms_own_name_goes_before_that_of_the_file(here: Site) -> None:
    files = {"file": ("talk.wav", says("a").recorded(), "audio/wav")}
    answer = await here.http.post("/transcribe-job", files=files, data={"name": "Board meeting"})
    assert await name_of(here, answer.json()["job_id"]) == "Board meeting"


async def test_a_streamed_and_a_resumable_upload_are_named_too(here: Site) -> None:
    recording = says("a").recorded()
    put = await here.http.put("/transcribe-job", params={"filename": "a.wav"}, content=recording)
    assert await name_of(here, put.json()["job_id"]) == "a.wav"
    metadata = "filename " + base64.b64encode(b"b.wav").decode()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": metadata}
    tus = await here.http.post("/uploads", headers=headers)
    assert await name_of(here, tus.headers["Location"].rpartition("/")[2]) == "b.wav"


async def test_a_name_can_be_changed_in_every_state_and_lists_show_it(here: Site) -> None:
    waiting = await here.submit(says("slow", takes=60.0), "waiting")
    done = await here.submit(says("done"), "done")
    await here.ended(done)
    for job_id in (waiting, done):
        answer = await here.http.patch(f"/job/{job_id}", json={"name": f"My {job_id}"})
        assert (answer.status_code, answer.json()["name"]) == (200, f"My {job_id}")
    await here.http.delete(f"/job/{waiting}")
    listed = (await here.http.get("/jobs")).json()["jobs"]
    assert {job["job_id"]: (job["name"], job["status"]) for job in listed} == {
        "waiting": ("My waiting", "cancelled"),
        "done": ("My done", "completed"),
    }
    assert (await here.http.get("/queue/info")).json()["queue"]["total_jobs"] == 2


async def test_a_name_outlives_the_life_of_the_manager(here: Site) -> None:
    job_id = await here.submit(says("slow", takes=60.0))
    await here.http.patch(f"/job/{job_id}", json={"name": "Mine"})
    await here.kill("job_manager")
    status = await ask_again(lambda: here.services.manager.ask(JobManager.status, job_id))
    assert status.job.name == "Mine"


@pytest.mark.parametrize("body", [{"name": " "}, {"name": "x" * 201}, {"name": 3}, {}, []])
async def test_a_name_that_is_none_is_refused_by_its_field(here: Site, body: object) -> None:
    job_id = await here.submit(says("a"))
    answer = await here.http.patch(f"/job/{job_id}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_option")


async def test_a_job_that_is_not_there_is_not_renamed(here: Site) -> None:
    answer = await here.http.patch("/job/nowhere", json={"name": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")
