"""Resumable uploads, header by header."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from retender.errors import NoAnswer
from retender.jobs.job import Options
from retender.jobs.submission import Receipt
from serve_app.uploads import arrivals
from tests.support.http.http_service import PLAIN, Site, site
from tests.support.http.raw_client import line
from tests.support.http.tus_client import (
    BYTES,
    RECORDING,
    TUS,
    append,
    code,
    create,
    created,
    offset,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


async def test_what_is_spoken_can_be_asked(here: Site) -> None:
    answer = await here.http.options("/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        *("creation", "creation-with-upload", "termination", "checksum", "expiration"),
    }
    assert int(answer.headers["Tus-Max-Size"]) == PLAIN.most_bytes
    assert {"sha1", "sha256"} <= set(answer.headers["Tus-Checksum-Algorithm"].split(","))


async def test_an_upload_in_pieces_becomes_a_job_with_its_text(here: Site) -> None:
    location = await created(here)
    half = len(RECORDING) // 2
    first = await append(here, location, RECORDING[:half], 0)
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    assert await offset(here, location) == half
    second = await append(here, location, RECORDING[half:], half)
    assert (second.status_code, second.headers["Upload-Offset"]) == (204, str(len(RECORDING)))
    job_id = second.headers["Retender-Job-Id"]
    await here.ended(job_id)
    body: Any = await here.job(job_id)
    assert body["result"]["text"] == "piece by piece"


async def test_the_job_can_be_watched_from_the_first_moment(here: Site) -> None:
    answer = await create(here)
    job_id = answer.headers["Retender-Job-Id"]
    body: Any = await here.job(job_id)
    assert (body["status"], body["stage"]) == ("pending", "uploading")
    async with here.services.hub.follow(job_id) as news:
        assert (await anext(news)).note.key == "uploading"
        await append(here, answer.headers["Location"], RECORDING[:50], 0)
        told = await anext(news)
        assert told.note.args == {"percent": 5000 // len(RECORDING)}
    body = await here.job(job_id)
    assert body["message"].startswith("Uploading the file… ")


async def test_the_end_of_an_upload_is_said_again_to_who_missed_it(here: Site) -> None:
    location = await created(here)
    await append(here, location, RECORDING, 0)
    answer = await here.http.head(location, headers=TUS)
    assert answer.headers["Upload-Offset"] == answer.headers["Upload-Length"] == str(len(RECORDING))
    assert (await append(here, location, b"", len(RECORDING))).status_code == 204


async def test_the_fields_of_a_submission_travel_as_metadata(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here:
        said = metadata(filename="../ñ.wav", filetype="audio/wav", language="en", priority="3")
        answer = await create(here, Upload_Metadata=said)
        job_id = answer.headers["Retender-Job-Id"]
        job = (await here.services.manager.ask(JobManager.status, job_id)).job
        assert (job.options, job.priority) == (Options(language="en"), 3)


async def test_the_first_bytes_may_come_with_the_creation(here: Site) -> None:
    answer = await here.http.post(
        "/uploads",
        content=RECORDING,
        headers={**BYTES, "Upload-Length": str(len(RECORDING))},
    )
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(RECORDING)))
    await here.ended(answer.headers["Retender-Job-Id"])


@pytest.mark.parametrize(
    ("headers", "status", "named"),
    [
        ({"Upload-Length": "-5"}, 400, "bad_request"),
        ({"Upload-Length": "many"}, 400, "bad_request"),
        ({"Upload-Length": "0"}, 400, "empty_upload"),
        ({"Upload-Defer-Length": "1"}, 400, "bad_request"),
        ({"Upload-Length": str(10**12)}, 413, "too_large"),
        ({"Upload-Length": "10", "Upload-Metadata": "language !!!"}, 400, "bad_request"),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(vad="so")}, 422, "invalid_option"),
        ({"Upload-Length": "10", "Content-Type": "text/plain"}, 415, "unsupported_media"),
    ],
)
async def test_a_creation_that_is_not_right_is_refused_by_name(
    tmp_path: Path, headers: dict[str, str], status: int, named: str
) -> None:
    async with site(tmp_path) as here:
        answer = await here.http.post("/uploads", headers={**TUS, **headers})
        assert (answer.status_code, code(answer)) == (status, named)
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert not any((tmp_path / "partial").iterdir())
        assert (await here.http.get("/jobs")).json()["jobs"] == []


@pytest.mark.parametrize("version", ["0.2.2", None])
async def test_another_version_is_told_which_is_spoken(here: Site, version: str | None) -> None:
    headers = {"Upload-Length": "5"} | ({"Tus-Resumable": version} if version else {})
    answer = await here.http.post("/uploads", headers=headers)
    assert (answer.status_code, code(answer)) == (412, "wrong_tus_version")
    assert answer.headers["Tus-Version"] == "1.0.0"


async def test_bytes_at_another_place_are_refused_with_the_right_one(here: Site) -> None:
    location = await created(here)
    await append(here, location, RECORDING[:10], 0)
    answer = await append(here, location, RECORDING[20:30], 20)
    assert (answer.status_code, code(answer)) == (409, "wrong_offset")
    assert answer.json()["error"]["details"]["offset"] == 10
    assert await offset(here, location) == 10


async def test_more_bytes_than_announced_are_refused(here: Site) -> None:
    location = await created(here, 10)
    answer = await append(here, location, b"x" * 11, 0)
    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert await offset(here, location) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
async def test_a_part_with_its_checksum_is_taken_where_it_matches(
    here: Site, algorithm: str
) -> None:
    location = await created(here)
    digest = base64.b64encode(hashlib.new(algorithm, RECORDING[:20]).digest()).decode()
    wrong = await append(
        here, location, RECORDING[1:21], 0, Upload_Checksum=f"{algorithm} {digest}"
    )
    assert (wrong.status_code, code(wrong)) == (460, "checksum_mismatch")
    assert await offset(here, location) == 0
    right = await append(here, location, RECORDING[:20], 0, Upload_Checksum=f"{algorithm} {digest}")
    assert right.status_code == 204
    assert await offset(here, location) == 20


@pytest.mark.parametrize("given", ["crc32 AAAA", "sha1 ???", "sha1"])
async def test_a_checksum_that_cannot_be_read_is_refused(here: Site, given: str) -> None:
    location = await created(here)
    answer = await append(here, location, RECORDING[:20], 0, Upload_Checksum=given)
    assert answer.status_code in {400, 460}
    assert await offset(here, location) == 0


async def test_other_content_is_refused(here: Site) -> None:
    location = await created(here)
    answer = await here.http.patch(
        location, content=b"x", headers={**TUS, "Upload-Offset": "0", "Content-Type": "audio/wav"}
    )
    assert (answer.status_code, code(answer)) == (415, "unsupported_media")


async def test_what_is_no_recording_ends_its_job_at_the_first_bytes(here: Site) -> None:
    answer = await create(here, 1000)
    refused = await append(here, answer.headers["Location"], b"%PDF-1.7 and more", 0)
    assert (refused.status_code, code(refused)) == (415, "unsupported_media")
    body: Any = await here.job(answer.headers["Retender-Job-Id"])
    assert (body["status"], body["error"]["code"]) == ("failed", "unsupported_media")


async def test_a_connection_that_breaks_keeps_what_has_come(here: Site, tmp_path: Path) -> None:
    location = await created(here, 5_000_000)
    async with line(here.url) as wire:
        path = httpx.URL(location).path
        await wire.head("PATCH", path, **_under(BYTES), Upload_Offset=0, Content_Length=5_000_000)
        await wire.send(b"x" * 3_000_000)
        (data,) = (tmp_path / "partial").glob("*/data")
        await _until(lambda: data.stat().st_size > 0)
        wire.leave()
    reached = await offset(here, location)
    assert 0 < reached <= 3_000_000
    rest = await append(here, location, b"x" * (5_000_000 - reached), reached)
    assert rest.headers["Upload-Offset"] == "5000000"


async def test_two_that_write_at_once_are_one_too_many(here: Site) -> None:
    location = await created(here)
    path = httpx.URL(location).path
    async with line(here.url) as wire:
        await wire.head("PATCH", path, **_under(BYTES), Upload_Offset=0, Content_Length=100)
        await wire.send(RECORDING[:10])
        await _until_writing(here)
        answer = await append(here, location, RECORDING[:20], 0)
        assert (answer.status_code, code(answer)) == (423, "upload_locked")
        await wire.send(RECORDING[10:100])
        assert (await wire.answer()).status == 204


async def test_who_comes_back_on_a_new_connection_goes_on_though_the_old_one_seems_to_live(
    here: Site,
) -> None:
    location = await created(here)
    path = httpx.URL(location).path
    async with line(here.url) as dead:
        await dead.head("PATCH", path, **_under(BYTES), Upload_Offset=0, Content_Length=100)
        await dead.send(RECORDING[:10])
        await _until_writing(here)
        reached = await offset(here, location)
        answer = await append(here, location, RECORDING[reached:], reached)
        assert answer.status_code == 204
        late = await dead.answer()
        assert (late.status, late.error) == (423, "upload_locked")
    await here.ended(answer.headers["Retender-Job-Id"])
    body: Any = await here.job(answer.headers["Retender-Job-Id"])
    assert body["result"]["text"] == "piece by piece"


async def test_however_soon_clients_come_back_their_uploads_go_on(here: Site) -> None:
    async def come_back() -> None:
        location = await created(here)
        async with line(here.url) as dead:
            path = httpx.URL(location).path
            await dead.head("PATCH", path, **_under(BYTES), Upload_Offset=0, Content_Length=100)
            await dead.send(RECORDING[:10])
            # The old request may yet come between the two of the new connection, once.
            for _ in range(2):
                reached = await offset(here, location)
                answer = await append(here, location, RECORDING[reached:], reached)
                if answer.status_code == 204:
                    return
            raise AssertionError(answer.text)

    for _ in range(5):
        await asyncio.gather(*(come_back() for _ in range(8)))


async def test_where_a_whole_upload_stands_is_told_while_another_request_completes_it(
    here: Site,
) -> None:
    answer = await create(here)
    location, job_id = answer.headers["Location"], answer.headers["Retender-Job-Id"]
    async with here.services.partials.open(job_id) as left:
        await left.write(RECORDING)
        await left.keep()
        assert await offset(here, location) == len(RECORDING)
    assert await offset(here, location) == len(RECORDING)
    await here.ended(job_id)


async def test_giving_an_upload_up_cancels_its_job(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        answer = await create(here)
        location = answer.headers["Location"]
        await append(here, location, RECORDING[:10], 0)
        assert (await here.http.delete(location, headers=TUS)).status_code == 204
        body: Any = await here.job(answer.headers["Retender-Job-Id"])
        assert body["status"] == "cancelled"
        assert not any((tmp_path / "partial").iterdir())
        gone = await here.http.head(location, headers=TUS)
        assert gone.status_code == 410


async def test_an_upload_of_a_job_that_was_cancelled_is_over(here: Site) -> None:
    answer = await create(here)
    await here.http.delete(f"/job/{answer.headers['Retender-Job-Id']}")
    refused = await append(here, answer.headers["Location"], RECORDING[:10], 0)
    assert (refused.status_code, code(refused)) == (410, "upload_expired")


@pytest.mark.parametrize("name", ["nowhere", "..", "%2e%2e", "%2e%2e%2fblobs", "a" * 500])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
async def test_an_upload_that_is_not_there_is_not_found(
    tmp_path: Path, name: str, method: str
) -> None:
    async with site(tmp_path) as here, line(here.url) as wire:
        await wire.head(
            method, f"/uploads/{name}", **_under(BYTES), Upload_Offset=0, Content_Length=0
        )
        assert (await wire.answer(bodyless=method == "HEAD")).status in {404, 405}
        assert (tmp_path / "journal.db").exists()


async def test_how_long_it_may_take_is_said(here: Site) -> None:
    answer = await create(here)
    expires = parsedate_to_datetime(answer.headers["Upload-Expires"]).timestamp()
    assert abs(expires - here.services.clock.now() - PLAIN.upload_seconds) < 60


async def test_the_same_key_is_the_same_upload(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        first = await create(here, Idempotency_Key="k")
        await append(here, first.headers["Location"], RECORDING[:10], 0)
        again = await create(here, Idempotency_Key="k")
        assert again.headers["Location"] == first.headers["Location"]
        assert again.headers["Upload-Offset"] == "10"
        assert len(list((tmp_path / "partial").iterdir())) == 1


async def test_where_only_post_gets_through_the_meant_method_is_in_a_header(here: Site) -> None:
    location = await created(here)
    meant = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await here.http.post(location, content=RECORDING[:10], headers=meant)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "10")
    ended = await here.http.post(location, headers={**TUS, "X-HTTP-Method-Override": "DELETE"})
    assert ended.status_code == 204
    assert (await here.http.head(location, headers=TUS)).status_code == 410


async def test_an_upload_whose_answer_got_lost_is_kept_for_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> Receipt:
        raise NoAnswer("it took too long")

    monkeypatch.setattr(arrivals, "submit", lost)
    async with site(tmp_path) as here:
        assert (await create(here)).status_code == 503
        assert len(list((tmp_path / "partial").iterdir())) == 1


async def test_a_full_queue_takes_no_upload_in(tmp_path: Path) -> None:
    manager = ManagerSettings(max_queue=1)
    async with site(tmp_path, manager=manager) as here:
        await created(here)
        answer = await create(here)
        assert (answer.status_code, code(answer)) == (429, "queue_full")
        assert len(list((tmp_path / "partial").iterdir())) == 1


async def test_what_would_not_fit_on_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    endless = msgspec.structs.replace(PLAIN, most_bytes=10**17)
    async with site(tmp_path, settings=endless) as here:
        answer = await create(here, 10**16)
        assert (answer.status_code, code(answer)) == (507, "storage_full")


async def test_a_known_recording_is_completed_as_it_arrives(here: Site) -> None:
    for _ in range(2):
        location = await created(here)
        answer = await append(here, location, RECORDING, 0)
        await here.ended(answer.headers["Retender-Job-Id"])
    body: Any = await here.job(answer.headers["Retender-Job-Id"])
    assert body["result"]["text"] == "piece by piece"


async def _until_writing(here: Site) -> None:
    await _until(lambda: bool(here.services.upload_locks._locks))


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


def _under(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}
