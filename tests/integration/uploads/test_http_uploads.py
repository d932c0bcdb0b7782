"""Submitting recordings over HTTP: forms, raw bodies, and keys that make two uploads one job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from retender.errors import NoAnswer
from retender.jobs.job import Options, Task
from retender.jobs.names import name_from_file
from retender.jobs.submission import Receipt, Submission
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.raw_client import FORM, form, line, part

SMALL = msgspec.structs.replace(PLAIN, most_bytes=1000)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Site]:
    """Nobody works on what is submitted."""
    async with site(tmp_path, workers=False) as opened:
        yield opened


async def upload(
    here: Site, recording: bytes, path: str = "/transcribe-job", **fields: str
) -> httpx.Response:
    files = {"file": ("talk.wav", recording, "audio/wav")}
    return await here.http.post(path, files=files, data=fields)


async def job_of(here: Site, job_id: str) -> Any:
    return (await here.services.manager.ask(JobManager.status, job_id)).job


async def jobs(here: Site) -> list[Any]:
    listed: list[Any] = (await here.http.get("/jobs")).json()["jobs"]
    return listed


def left_on_disk(folder: Path) -> list[Path]:
    places = (folder / "incoming", folder / "partial", folder / "blobs")
    return [path for place in places for path in place.rglob("*") if path.is_file()]


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def test_an_upload_is_answered_with_its_job(idle: Site) -> None:
    answer = await upload(idle, says("hello").recorded())
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["queue_position"]) == ("queued", 1)
    assert body["websocket_url"] == (
        f"{idle.url.replace('http', 'ws')}/ws/transcription/{body['job_id']}"
    )
    assert answer.headers["Location"] == f"/job/{body['job_id']}"
    assert (await idle.http.get(answer.headers["Location"])).status_code == 200


async def test_the_raw_body_is_as_good_as_a_form(here: Site) -> None:
    recording = says("streamed", "by", "hand").recorded()
    answer = await here.http.put(
        "/transcribe-job", params={"filename": "a.wav", "language": "en"}, content=recording
    )
    assert answer.status_code == 202
    await here.ended(answer.json()["job_id"])
    body = await here.job(answer.json()["job_id"])
    assert body["result"]["text"] == "streamed by hand"  # type: ignore[index]  # it is JSON


async def test_a_form_where_the_recording_itself_belongs_is_not_taken_for_it(
    here: Site, tmp_path: Path
) -> None:
    body = form(part("file", says("x").recorded(), filename="a.wav"))
    answer = await here.http.put("/transcribe-job", content=body, headers={"Content-Type": FORM})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media")
    assert "POST" in answer.json()["error"]["message"]
    assert await jobs(here) == []
    assert left_on_disk(tmp_path) == []


async def test_every_field_reaches_the_job(idle: Site) -> None:
    answer = await upload(
        idle,
        says("x").recorded(),
        language="es-MX",
        model="tiny",
        task="translate",
        engine="local",
        return_timestamps="no",
        word_timestamps="on",
        multilingual="1",
        vad="False",
        prompt="Ana y Luis",
        hotwords="Retender",
        temperature="0.2",
        priority="7",
        user_id="user_1",
        normalize="sí",
    )
    job = await job_of(idle, answer.json()["job_id"])
    assert job.options == Options(
        language="es",
        model="tiny",
        task=Task.TRANSLATE,
        engine="local",
        timestamps=False,
        word_timestamps=True,
        multilingual=True,
        vad=False,
        prompt="Ana y Luis",
        hotwords="Retender",
        temperature=0.2,
        normalize=True,
    )
    assert (job.priority, job.user_id) == (7, "user_1")


@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ("language", "klingon", "auto, or one of af"),
        ("task", "summarize", "transcribe or translate"),
        ("engine", "cloud", "auto or local or groq"),
        ("vad", "perhaps", "true or false"),
        ("priority", "11", "a whole number from -10 to 10"),
        ("temperature", "nan", "a number from 0 to 1"),
        ("model", "../../etc/passwd", "the name of a model"),
        ("prompt", "x" * 5000, "text of at most 4000"),
        ("user_id", "two\nlines", "on one line"),
        ("langauge", "es", "language"),
    ],
)
async def test_an_option_that_cannot_be_is_named_with_what_is_accepted(
    here: Site, field: str, value: str, accepted: str
) -> None:
    answer = await upload(here, says("x").recorded(), **{field: value})
    assert (answer.status_code, code(answer)) == (422, "invalid_option")
    error = answer.json()["error"]
    assert error["details"]["field"] == field
    assert accepted in error["details"]["accepted"]
    assert await jobs(here) == []


async def test_a_bad_option_before_the_recording_is_refused_before_the_recording_is_sent(
    here: Site,
) -> None:
    async with line(here.url) as wire:
        begun = part("task", b"sing") + part("file", b"", filename="a")[:-2] + b"the first bytes"
        await wire.head("POST", "/transcribe-job", Content_Type=FORM, Content_Length=20_000_000)
        await wire.send(begun)
        answer = await wire.answer()
    assert (answer.status, answer.error) == (422, "invalid_option")


async def test_what_is_too_large_is_refused_with_the_limit(tmp_path: Path) -> None:
    async with site(tmp_path, settings=SMALL) as here:
        answer = await upload(here, b"x" * 1001)
        assert (answer.status_code, code(answer)) == (413, "too_large")
        assert answer.json()["error"]["details"]["limit"] == 1000
        just = await upload(here, b"x" * 1000)
        assert just.status_code == 202
    assert len(left_on_disk(tmp_path)) == 1


async def test_a_length_over_the_limit_is_refused_before_the_body(tmp_path: Path) -> None:
    async with site(tmp_path, settings=SMALL) as here:
        for method, kind in (("POST", FORM), ("PUT", "audio/wav")):
            async with line(here.url) as wire:
                await wire.head(
                    method, "/transcribe-job", Content_Type=kind, Content_Length=9_000_000
                )
                answer = await wire.answer()
                assert (answer.status, answer.error) == (413, "too_large")
                assert answer.headers["connection"] == "close"
                assert await wire.closed()


async def test_without_a_declared_length_bytes_are_counted(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 4000

    async with site(tmp_path, settings=SMALL) as here:
        answer = await here.http.put("/transcribe-job", content=chunks())
        assert (answer.status_code, code(answer)) == (413, "too_large")
    assert left_on_disk(tmp_path) == []


@pytest.mark.parametrize(
    ("parts", "status", "named"),
    [
        ([part("file", b"", filename="a.wav")], 400, "empty_upload"),
        ([part("language", b"es")], 400, "bad_request"),
        ([part("recording", b"x", filename="a.wav")], 400, "bad_request"),
        ([part("file", b"x", filename="a"), part("file", b"y", filename="b")], 400, "bad_request"),
        ([part("vad", b"no"), part("vad", b"yes"), part("file", b"x")], 422, "invalid_option"),
        ([part("prompt", b"\xff"), part("file", b"x")], 400, "bad_request"),
        ([part("vad", b"no")] * 1000, 400, "bad_request"),
        ([part("prompt", b"x" * 70_000), part("file", b"x")], 400, "bad_request"),
        ([part("x" * 9000, b"y"), part("file", b"x")], 400, "bad_request"),
        ([part("file", b"%PDF-1.7 and so on", filename="a.wav")], 415, "unsupported_media"),
        ([part("file", b"<!DOCTYPE html>", filename="a.wav")], 415, "unsupported_media"),
    ],
)
async def test_a_form_that_is_not_right_is_refused_by_name(
    tmp_path: Path, parts: list[bytes], status: int, named: str
) -> None:
    async with site(tmp_path) as here:
        answer = await here.http.post(
            "/transcribe-job", content=form(*parts), headers={"Content-Type": FORM}
        )
        assert (answer.status_code, code(answer)) == (status, named)
        assert await jobs(here) == []
    assert left_on_disk(tmp_path) == []


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "", "multipart/mixed"])
async def test_what_is_no_form_with_a_boundary_is_refused(here: Site, kind: str) -> None:
    answer = await here.http.post("/transcribe-job", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, code(answer)) == (400, "bad_request")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\0b", "caf\u202eé.exe", "<script>alert(1)</script>", "x" * 3000]
)
async def test_what_a_file_is_called_is_no_path_and_can_be_shown(tmp_path: Path, name: str) -> None:
    async with site(tmp_path, workers=False) as here:
        body = form(part("file", b"sound", filename=name))
        answer = await here.http.post(
            "/transcribe-job", content=body, headers={"Content-Type": FORM}
        )
        assert answer.status_code == 202
        (job,) = await jobs(here)
        assert job["name"] == name_from_file(name)
    assert {path.parent.parent.name for path in left_on_disk(tmp_path)} == {"blobs"}


@pytest.mark.parametrize(("trusted", "scheme"), [(("127.0.0.1",), "wss"), ((), "ws")])
async def test_behind_tls_the_socket_is_too_where_a_trusted_proxy_says_so(
    tmp_path: Path, trusted: tuple[str, ...], scheme: str
) -> None:
    hosts = ("speech.example.org",)
    settings = msgspec.structs.replace(PLAIN, trusted_proxies=trusted, trusted_hosts=hosts)
    headers = {"X-Forwarded-Proto": "https", "Host": "speech.example.org"}
    async with site(tmp_path, settings=settings, workers=False) as here:
        answer = await here.http.put("/transcribe-job", content=b"any", headers=headers)
        address = answer.json()["websocket_url"]
        assert address.startswith(f"{scheme}://speech.example.org/ws/transcription/")


async def test_the_same_key_is_the_same_job(idle: Site) -> None:
    recording = says("once").recorded()
    headers = {"Idempotency-Key": "abc-1"}
    files = {"file": ("a.wav", recording)}
    first = await idle.http.post("/transcribe-job", files=files, headers=headers)
    again = await idle.http.post("/transcribe-job", files=files, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["job_id"] == first.json()["job_id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await jobs(idle)) == 1


async def test_the_same_key_for_another_recording_or_other_options_is_a_conflict(
    idle: Site,
) -> None:
    headers = {"Idempotency-Key": "abc-1"}
    await idle.http.post("/transcribe-job", files={"file": b"one"}, headers=headers)
    other = await idle.http.post("/transcribe-job", files={"file": b"two"}, headers=headers)
    asked = await idle.http.post(
        "/transcribe-job", files={"file": b"one"}, data={"vad": "no"}, headers=headers
    )
    for answer in (other, asked):
        assert (answer.status_code, code(answer)) == (409, "idempotency_conflict")


async def test_a_key_that_is_too_long_is_refused(here: Site) -> None:
    answer = await here.http.post(
        "/transcribe-job", files={"file": b"x"}, headers={"Idempotency-Key": "k" * 256}
    )
    assert (answer.status_code, code(answer)) == (422, "invalid_option")


async def test_a_hundred_uploads_at_once_are_a_hundred_jobs(here: Site) -> None:
    recordings = [says(f"number {n}", takes=0.0).recorded() for n in range(100)]
    answers = await asyncio.gather(*(upload(here, each) for each in recordings))
    assert {answer.status_code for answer in answers} == {202}
    ids = [answer.json()["job_id"] for answer in answers]
    await asyncio.gather(*map(here.ended, ids))
    texts = [(await here.job(job_id))["result"]["text"] for job_id in ids]  # type: ignore[index]  # it is JSON
    assert texts == [f"number {n}" for n in range(100)]


async def test_a_full_queue_is_told_before_the_body_is_read(tmp_path: Path) -> None:
    manager = ManagerSettings(max_queue=1)
    async with site(tmp_path, manager=manager, workers=False) as here:
        await upload(here, b"the first")
        async with line(here.url) as wire:
            await wire.head("PUT", "/transcribe-job", Content_Length=1_000_000)
            answer = await wire.answer()
        assert (answer.status, answer.error) == (429, "queue_full")
        assert int(answer.headers["retry-after"]) >= 1


async def test_a_stopping_service_refuses_before_the_body_is_read(here: Site) -> None:
    here.web.close_intake()
    async with line(here.url) as wire:
        await wire.head("POST", "/transcribe-job", Content_Type=FORM, Content_Length=1_000_000)
        answer = await wire.answer()
    assert (answer.status, answer.error) == (503, "draining")
    assert "retry-after" in answer.headers


async def test_an_answer_of_the_manager_that_gets_lost_is_asked_for_again(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = JobManager.submit
    lost: list[str] = []

    async def forgetful(self: JobManager, submission: Submission) -> Receipt:
        receipt = await submit(self, submission)
        if len(lost) < 2:
            lost.append(receipt.job.id)
            raise NoAnswer("the answer got lost")
        return receipt

    forgetful.__name__ = "submit"
    monkeypatch.setattr(JobManager, "submit", forgetful)
    answer = await upload(here, says("heard").recorded())
    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers
    assert lost == [answer.json()["job_id"]] * 2
    assert len(await jobs(here)) == 1


async def test_the_description_names_every_field(here: Site) -> None:
    paths = (await here.http.get("/openapi.json")).json()["paths"]
    content = paths["/transcribe-job"]["post"]["requestBody"]["content"]
    fields = content["multipart/form-data"]["schema"]["properties"]
    query = {each["name"] for each in paths["/transcribe-job"]["put"]["parameters"]}
    assert {"file", "url", "language", "word_timestamps", "callback_url"} <= set(fields)
    assert set(fields) - {"file", "url"} <= query
