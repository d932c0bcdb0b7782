"""Recordings that the service fetches itself."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from retender.outbound.connections import OutboundAccess
from serve_app.uploads import fetching
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.live_client import eventually
from tests.support.http.raw_client import FORM, form, part

ON = msgspec.structs.replace(PLAIN, url_input=True)
AUDIO = {"Content-Type": "audio/wav"}
URL = "https://media.example.org/talk.wav"
RECORDING = says("from", "afar").recorded()

Handler = Callable[[httpx.Request], httpx.Response]


def reach(handler: Any) -> OutboundAccess:
    return OutboundAccess(transport=lambda _: httpx.MockTransport(handler))


class Body(httpx.AsyncByteStream):
    """Bytes that come one part after the other."""

    def __init__(self, parts: Iterable[bytes], *, torn: bool = False) -> None:
        self._parts = parts
        self._torn = torn

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part_ in self._parts:
            yield part_
        if self._torn:
            raise httpx.ReadError("gone")


def gives(recording: bytes = RECORDING, **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(200, stream=Body([recording]), headers=AUDIO | named)


async def submit(here: Site, url: str = URL, path: str = "/transcribe-job") -> httpx.Response:
    body = form(part("url", url.encode()))
    return await here.http.post(path, content=body, headers={"Content-Type": FORM})


async def outcome(here: Site, url: str = URL) -> Any:
    """The job once it has ended."""
    answer = await submit(here, url)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending"), answer.text
    job_id = answer.json()["job_id"]
    await here.ended(job_id)
    return await here.job(job_id)


async def fails_with(folder: Path, handler: Handler, code: str) -> str:
    """Returns what is told to those who run the service."""
    async with site(folder, settings=ON, reach=reach(handler)) as here:
        job = await outcome(here)
        assert (job["status"], job["error"]["code"]) == ("failed", code)
        # The job's end is told first.
        await eventually(lambda: not any((folder / "partial").iterdir()))
        detail: str = job["error"]["detail"]
        return detail


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "FETCH_PAUSE", 0.0)


async def test_a_recording_is_fetched_and_transcribed(tmp_path: Path) -> None:
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        job = await outcome(here)
        assert job["result"]["text"] == "from afar"
        assert not any((tmp_path / "partial").iterdir())


async def test_one_may_wait_for_it(tmp_path: Path) -> None:
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        answer = await submit(here, path="/transcribe")
        assert (answer.status_code, answer.json()["text"]) == (200, "from afar")


async def test_by_default_nothing_is_fetched(tmp_path: Path) -> None:
    async with site(tmp_path, reach=reach(gives())) as here:
        answer = await submit(here)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "url_not_allowed"
        assert (await here.http.get("/jobs")).json()["jobs"] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example.org/a.wav",
        "https://127.0.0.1/a.wav",
        "https://[::1]/a.wav",
        "https://user:password@media.example.org/a.wav",
        "https://media.example.org:8443/a.wav",
        "file:///etc/passwd",
        "not a url",
    ],
)
async def test_an_address_that_is_not_allowed_is_refused_at_once(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        answer = await submit(here, url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "url_not_allowed")
        assert not any((tmp_path / "partial").iterdir())


async def test_a_name_that_stands_for_this_machine_fails_its_job(tmp_path: Path) -> None:
    async with site(tmp_path, settings=ON) as here:
        job = await outcome(here, "https://localhost/a.wav")
        assert (job["status"], job["error"]["code"]) == ("failed", "url_not_allowed")


async def test_file_and_url_together_are_refused(tmp_path: Path) -> None:
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        body = form(part("url", URL.encode()), part("file", b"sound"))
        answer = await here.http.post(
            "/transcribe-job", content=body, headers={"Content-Type": FORM}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_redirects_are_followed_as_far_as_they_are_allowed(tmp_path: Path) -> None:
    def hops(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/talk.wav":
            return httpx.Response(302, headers={"Location": "/moved"})
        if request.url.path == "/moved":
            return httpx.Response(307, headers={"Location": "https://cdn.example.org/here"})
        assert "cookie" not in request.headers
        return gives()(request)

    async with site(tmp_path, settings=ON, reach=reach(hops)) as here:
        assert (await outcome(here))["result"]["text"] == "from afar"


@pytest.mark.parametrize(
    "target",
    [
        *("https://169.254.169.254/latest", "http://media.example.org/", "file:///etc/passwd"),
        *("https://[::ffff:127.0.0.1]/", "https://media.example.org:22/"),
    ],
)
async def test_a_redirect_to_where_nobody_may_go_is_not_followed(
    tmp_path: Path, target: str
) -> None:
    asked: list[str] = []

    def sends_away(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": target})

    await fails_with(tmp_path, sends_away, "url_not_allowed")
    assert asked == [URL]


async def test_redirects_without_end_fail(tmp_path: Path) -> None:
    said = await fails_with(
        tmp_path, lambda _: httpx.Response(302, headers={"Location": URL}), "fetch_failed"
    )
    assert "redirects" in said


async def test_what_is_too_large_is_refused_where_it_says_so(tmp_path: Path) -> None:
    await fails_with(tmp_path, gives(Content_Length=str(10**12)), "too_large")


async def test_what_is_too_large_is_refused_where_it_does_not_say_so(tmp_path: Path) -> None:
    sound = Body(itertools.repeat(b"sound" * 100_000))
    endless = httpx.Response(200, stream=sound, headers=AUDIO)
    await fails_with(tmp_path, lambda _: endless, "too_large")


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "image/png"])
async def test_what_says_it_is_no_recording_is_not_taken(tmp_path: Path, kind: str) -> None:
    assert kind.partition(";")[0] in await fails_with(
        tmp_path, gives(Content_Type=kind), "unsupported_media"
    )


@pytest.mark.parametrize("kind", ["video/webm", "application/mp4", "Application/Octet-Stream"])
async def test_what_may_be_a_recording_is_taken(tmp_path: Path, kind: str) -> None:
    handler = gives(Content_Type=kind)
    async with site(tmp_path, settings=ON, reach=reach(handler)) as here:
        assert (await outcome(here))["status"] == "completed"


async def test_what_plainly_is_no_recording_is_not_taken_whatever_it_says(tmp_path: Path) -> None:
    await fails_with(tmp_path, gives(b"<!DOCTYPE html>" + b" " * 100), "unsupported_media")


async def test_nothing_at_the_address_is_an_empty_upload(tmp_path: Path) -> None:
    await fails_with(tmp_path, gives(b""), "empty_upload")


async def test_compressed_bodies_are_not_unpacked(tmp_path: Path) -> None:
    await fails_with(tmp_path, gives(Content_Encoding="br"), "fetch_failed")


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (503, 3), (429, 3)])
async def test_only_what_may_pass_is_tried_again(tmp_path: Path, status: int, asked: int) -> None:
    seen: list[httpx.URL] = []

    def refuses(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(status)

    assert str(status) in await fails_with(tmp_path, refuses, "fetch_failed")
    assert len(seen) == asked


async def test_a_connection_that_breaks_is_made_anew_from_the_first_byte(tmp_path: Path) -> None:
    tries: list[int] = []

    def breaks_once(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        if len(tries) == 1:
            return httpx.Response(200, stream=Body([RECORDING[:20]], torn=True), headers=AUDIO)
        return gives()(request)

    async with site(tmp_path, settings=ON, reach=reach(breaks_once)) as here:
        assert (await outcome(here))["result"]["text"] == "from afar"


class Gate:
    """A host whose recordings come when the test lets them."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = 0
        self.most = 0
        self.asked = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        self.asked.set()
        await self.open.wait()
        self.waiting -= 1
        return gives(says(request.url.path).recorded())(request)


async def test_a_fetch_that_a_restart_interrupts_is_begun_again(tmp_path: Path) -> None:
    gate = Gate()
    async with site(tmp_path, settings=ON, reach=reach(gate)) as here:
        job_id = (await submit(here)).json()["job_id"]
        await gate.asked.wait()
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        await here.ended(job_id)
        job: Any = await here.job(job_id)
        assert job["result"]["text"] == "from afar"


async def test_only_so_many_are_fetched_at_a_time(tmp_path: Path) -> None:
    gate = Gate()
    async with site(tmp_path, settings=ON, reach=reach(gate)) as here:
        answers = [await submit(here, f"https://media.example.org/{n}") for n in range(12)]
        await gate.asked.wait()
        gate.open.set()
        for answer in answers:
            await here.ended(answer.json()["job_id"])
    assert gate.most <= 4


async def test_a_cancelled_job_keeps_nothing_of_what_was_fetched(tmp_path: Path) -> None:
    gate = Gate()
    async with site(tmp_path, settings=ON, reach=reach(gate)) as here:
        job_id = (await submit(here)).json()["job_id"]
        await gate.asked.wait()
        await here.http.delete(f"/job/{job_id}")
        gate.open.set()
        async with asyncio.timeout(60):
            while True:
                if not any((tmp_path / "partial").iterdir()):
                    break
                await asyncio.sleep(0.01)
        job: Any = await here.job(job_id)
        assert job["status"] == "cancelled"
        assert not any((tmp_path / "blobs").iterdir())


async def test_the_job_of_a_fetch_is_no_upload_to_go_on_with(tmp_path: Path) -> None:
    gate = Gate()
    async with site(tmp_path, settings=ON, reach=reach(gate)) as here:
        job_id = (await submit(here)).json()["job_id"]
        await gate.asked.wait()
        answer = await here.http.head(f"/uploads/{job_id}", headers={"Tus-Resumable": "1.0.0"})
        assert answer.status_code == 404
        gate.open.set()
        await here.ended(job_id)
        job: Any = await here.job(job_id)
        assert job["status"] == "completed"


async def test_the_same_key_is_fetched_once(tmp_path: Path) -> None:
    body = form(part("url", URL.encode()))
    headers = {"Content-Type": FORM, "Idempotency-Key": "k"}
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:
        ids = set()
        for _ in range(2):
            answer = await here.http.post("/transcribe-job", content=body, headers=headers)
            ids.add(answer.json()["job_id"])
        assert len(ids) == 1
        await here.ended(ids.pop())


async def test_the_same_key_for_another_address_is_a_conflict(tmp_path: Path) -> None:
    headers = {"Content-Type": FORM, "Idempotency-Key": "k"}
    async with site(tmp_path, settings=ON, reach=reach(gives())) as here:

        async def submitted(*parts: bytes) -> httpx.Response:
            return await here.http.post("/transcribe-job", content=form(*parts), headers=headers)

        first = await submitted(part("url", URL.encode()))
        other = await submitted(part("url", f"{URL}?another".encode()))
        assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
        await here.ended(first.json()["job_id"])
        late = await submitted(part("url", f"{URL}?another".encode()))
        assert late.status_code == 409
        # What is sent now is what was fetched then.
        sent = await submitted(part("file", RECORDING, filename="a.wav"))
        assert sent.json()["job_id"] == first.json()["job_id"]
