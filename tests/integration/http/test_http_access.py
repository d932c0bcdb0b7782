"""Who is let in, how often, and from where: over real HTTP."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from retender.jobs.submission import Submission
from serve_app.access.api_keys import Key, Scope, make
from serve_app.access.key_file import Keyring
from serve_app.limits import WRONG_KEYS_PER_MINUTE
from tests.support.engines.scripted import Script
from tests.support.http.http_service import PLAIN, Site, says, site


class Holder(NamedTuple):
    """Of a key."""

    text: str
    key: Key

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


def holder(*scopes: Scope, owner: str = "") -> Holder:
    return Holder(*make(secrets.token_hex, at=1.0, scopes=scopes, owner=owner))


ANA = holder(Scope.SUBMIT, Scope.READ)
BEN = holder(Scope.SUBMIT, Scope.READ)
READER = holder(Scope.READ)
ADMIN = holder(Scope.ADMIN)
ALL = Keyring([each.key for each in (ANA, BEN, READER, ADMIN)])

LIMITED = msgspec.structs.replace(PLAIN, rate_limit=2)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, keys=ALL) as opened:
        yield opened


async def submitted(here: Site, owner: Holder) -> str:
    job_id = f"of-{owner.key.id}"
    script: Script = says("hello", job_id)
    async with here.services.blobs.receive(limit=10**6) as upload:
        await upload.write(script.recorded())
        audio = await upload.finish(at=here.services.clock.now())
    submission = Submission(job_id=job_id, owner=owner.key.owner, audio=audio)
    await here.services.manager.ask(JobManager.submit, submission)
    return job_id


async def status(here: Site, method: str, path: str, who: Holder | None = None) -> int:
    headers = {} if who is None else who.headers
    return (await here.http.request(method, path, headers=headers)).status_code


async def test_a_key_brings_its_own_vocabulary_to_each_of_its_jobs(tmp_path: Path) -> None:
    words = "Retender, Koyeb"
    named = Holder(*make(secrets.token_hex, at=1.0, hotwords=words))
    async with site(tmp_path, keys=Keyring([named.key, ANA.key])) as opened:
        for who, given, wanted in (
            (named, "", words),
            (named, "Íñigo", f"Íñigo, {words}"),
            (named, words, words),
            (named, f"Íñigo, {words}", f"Íñigo, {words}"),
            (named, f"Contra{words}", f"Contra{words}, {words}"),
            (ANA, "Íñigo", "Íñigo"),
        ):
            form = {"hotwords": given} if given else {}
            files = {"file": ("a.wav", says("hello", wanted).recorded())}
            answer = await opened.http.post(
                "/transcribe-job", files=files, data=form, headers=who.headers
            )
            assert answer.status_code == 202, answer.text
            job_id = answer.json()["job_id"]
            stored = await opened.services.manager.ask(JobManager.status, job_id)
            assert stored.job.options.hotwords == wanted


async def test_without_keys_whoever_comes_is_let_in(tmp_path: Path) -> None:
    async with site(tmp_path) as open_site:
        assert await status(open_site, "GET", "/jobs") == 200
        wrong = {"Authorization": "Bearer whatever-a-client-must-send"}
        assert (await open_site.http.get("/jobs", headers=wrong)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {ANA.text[:-1]}{'1' if ANA.text.endswith('0') else '0'}"},
        {"Authorization": ANA.text},
        {"Authorization": "Basic cnQ6cnQ="},
        {"X-API-Key": "rt_000000000000_" + "0" * 64},
        {"X-API-Key": "ñandú" * 10},
    ],
)
async def test_with_keys_nobody_comes_in_without_a_good_one(
    here: Site, headers: dict[str, str]
) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = await here.http.get("/jobs", headers=encoded)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), [("POST", "/uploads"), ("HEAD", "/uploads/a")])
async def test_a_stranger_is_not_told_how_uploads_are_spoken_of(
    here: Site, method: str, path: str
) -> None:
    assert await status(here, method, path) == 401
    assert await status(here, method, path, ANA) == 412
    assert (await here.http.options("/uploads")).status_code == 204


async def test_a_key_is_taken_from_either_header(here: Site) -> None:
    assert await status(here, "GET", "/jobs", ANA) == 200
    assert (await here.http.get("/jobs", headers={"X-API-Key": ANA.text})).status_code == 200
    lower = {"authorization": f"bearer {ANA.text}"}
    assert (await here.http.get("/jobs", headers=lower)).status_code == 200


async def test_a_key_without_the_scope_is_told_which_it_lacks(here: Site) -> None:
    job_id = await submitted(here, ANA)
    answer = await here.http.delete(f"/job/{job_id}", headers=READER.headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["details"]["scope"] == "submit"


async def test_jobs_of_others_are_not_there(here: Site) -> None:
    job_id = await submitted(here, ANA)
    for method, path in (
        ("GET", f"/job/{job_id}"),
        ("GET", f"/job/{job_id}/result"),
        ("GET", f"/job/{job_id}/audio"),
        ("POST", f"/job/{job_id}/retry"),
        ("DELETE", f"/job/{job_id}"),
    ):
        assert await status(here, method, path, BEN) == 404, path
    assert (await here.http.get("/jobs", headers=BEN.headers)).json()["jobs"] == []
    assert await status(here, "GET", f"/job/{job_id}", ANA) == 200


async def test_an_admin_sees_everyones_jobs(here: Site) -> None:
    await submitted(here, ANA)
    await submitted(here, BEN)
    jobs = (await here.http.get("/jobs", headers=ADMIN.headers)).json()["jobs"]
    assert len(jobs) == 2


async def test_health_and_the_description_are_open_and_say_little(here: Site) -> None:
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
        assert await status(here, "GET", path) == 200, path
    assert set((await here.http.get("/health")).json()) == {"status"}
    told = (await here.http.get("/health", headers=ANA.headers)).json()
    assert told["version"] == PLAIN.version


async def test_wrong_keys_are_slowed_down_and_good_ones_are_not(here: Site) -> None:
    wrong = {"X-API-Key": "not-a-key-that-anyone-knows"}
    answers = [await here.http.get("/jobs", headers=wrong) for _ in range(WRONG_KEYS_PER_MINUTE)]
    assert {answer.status_code for answer in answers} == {401}
    answer = await here.http.get("/jobs", headers=wrong)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert await status(here, "GET", "/jobs", ANA) == 200
    assert await status(here, "GET", "/health") == 200


async def test_submissions_are_counted_by_key(tmp_path: Path) -> None:
    async with site(tmp_path, settings=LIMITED, keys=ALL) as here:
        for _ in range(2):
            assert await status(here, "POST", "/job/nowhere/retry", ANA) == 404
        answer = await here.http.post("/job/nowhere/retry", headers=ANA.headers)
        assert answer.status_code == 429
        assert answer.json()["error"]["code"] == "rate_limited"
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
        assert await status(here, "POST", "/job/nowhere/retry", BEN) == 404
        assert await status(here, "GET", "/jobs", ANA) == 200


async def test_without_keys_submissions_are_counted_by_the_address_that_a_proxy_tells(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, settings=LIMITED) as here:

        async def from_(address: str) -> int:
            headers = {"X-Forwarded-For": address}
            return (await here.http.post("/job/nowhere/retry", headers=headers)).status_code

        assert [await from_("192.0.2.1") for _ in range(3)] == [404, 404, 429]
        assert await from_("192.0.2.2") == 404


async def test_what_a_stranger_says_of_its_address_does_not_count(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(LIMITED, trusted_proxies=("192.0.2.250",))
    async with site(tmp_path, settings=settings) as here:
        statuses = [
            (
                await here.http.post(
                    "/job/nowhere/retry", headers={"X-Forwarded-For": f"192.0.2.{n}"}
                )
            ).status_code
            for n in range(3)
        ]
        assert statuses == [404, 404, 429]


@pytest.mark.parametrize("path", ["/metrics", "/actors"])
async def test_monitoring_is_for_admins_and_for_programs_on_this_machine(
    here: Site, path: str
) -> None:
    through_a_proxy = {"X-Forwarded-For": "192.0.2.1"}
    for headers, wanted in (
        ({}, 200),
        (through_a_proxy, 401),
        ({"Via": "1.1 somewhere"}, 401),
        (through_a_proxy | ANA.headers, 403),
        (through_a_proxy | ADMIN.headers, 200),
    ):
        assert (await here.http.get(path, headers=headers)).status_code == wanted
