"""The service is killed, and told to stop, while clients watch it and send to it: what they were
promised is kept by its next life, and who comes back by number misses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.http.deployed_service import end_of, hand_in, job, served
from tests.support.http.live_client import Returning, eventually
from tests.support.http.raw_client import FORM, Line, form, line, part
from tests.support.sound.speech import Recording, needs_speech, one_file, say, talk
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = needs_speech

CLIENTS = 5
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def long() -> Recording:
    """Nearly five minutes."""
    return one_file(talk(140, "en", seed=1), talk(140, "en", seed=2))


@pytest.fixture(scope="module")
def text(long: Recording) -> str:
    """What is heard in them undisturbed."""
    return heard_alone(long, ENGLISH).text


@asynccontextmanager
async def watching(clients: list[Returning]) -> AsyncIterator[None]:
    """At the end of the block they have all been told the end."""
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.follow())
        yield


def told_text(client: Returning) -> str:
    """What a page shows that adds each segment as it is told."""
    segments = [each for told in client.heard for each in told["data"].get("segments", ())]
    return " ".join(segment["text"] for segment in segments)


async def test_who_watches_a_service_that_is_killed_is_told_all_of_it_once_by_the_next(
    tmp_path: Path, profile: str, long: Recording, text: str
) -> None:
    with served(tmp_path, RETENDER_PROFILE=profile) as service:
        async with service.asking() as http:
            job_id = await hand_in(http, long.path, language="en")
        port = service.port
        clients = [Returning(service, job_id) for _ in range(CLIENTS)]
        async with watching(clients):
            await eventually(lambda: all(len(client.heard) >= 8 for client in clients))
            service.kill()
            with served(tmp_path, RETENDER_PROFILE=profile, PORT=port) as second:
                await eventually(lambda: all(len(client.heard) >= 14 for client in clients))
                second.kill()
                with served(tmp_path, RETENDER_PROFILE=profile, PORT=port) as third:
                    await eventually(lambda: all(client.over for client in clients))
                    async with third.asking() as http:
                        done = await job(http, job_id)
    assert done["result"]["text"] == text
    for client in clients:
        assert client.numbers == list(range(1, done["seq"] + 1))
        assert told_text(client) == text
        assert client.events == clients[0].events
        assert len(client.codes) >= 3, "it was cut off twice"


async def test_who_watches_a_service_that_is_told_to_stop_is_sent_away_and_comes_back(
    tmp_path: Path, profile: str, long: Recording, text: str
) -> None:
    with served(tmp_path, RETENDER_PROFILE=profile, RETENDER_GRACE_SECONDS="0.1") as service:
        async with service.asking() as http:
            job_id = await hand_in(http, long.path, language="en")
        port = service.port
        clients = [Returning(service, job_id) for _ in range(CLIENTS)]
        async with watching(clients):
            await eventually(lambda: all(len(client.heard) >= 8 for client in clients))
            service.stop()
            assert await asyncio.to_thread(service.ended) == 0
            assert {client.codes[0] for client in clients} == {1001}
            with served(tmp_path, RETENDER_PROFILE=profile, PORT=port) as second:
                await eventually(lambda: all(client.over for client in clients))
                async with second.asking() as http:
                    done = await job(http, job_id)
    assert done["result"]["text"] == text
    for client in clients:
        assert client.numbers == list(range(1, done["seq"] + 1))
        assert told_text(client) == text


async def test_what_was_accepted_before_a_kill_is_done_and_what_was_not_whole_is_gone(
    tmp_path: Path, profile: str
) -> None:
    words = ["one two three", "four five six", "seven eight nine", "tango mike bravo"]
    with served(tmp_path, RETENDER_PROFILE=profile) as service:
        async with service.asking() as http, line(service.url) as wire:
            begun = await http.post("/uploads", headers={**TUS, "Upload-Length": "200000"})
            await send_half_a_form(wire)
            accepted = await asyncio.gather(
                *(hand_in(http, say(each).path, language="en") for each in words)
            )
            service.kill()
    with served(tmp_path, RETENDER_PROFILE=profile) as second:
        async with second.asking() as http:
            done = [await end_of(http, job_id) for job_id in accepted]
            listed = {each["job_id"] for each in (await http.get("/jobs")).json()["jobs"]}
            upload = httpx.URL(begun.headers["Location"]).path
            assert (await http.head(upload, headers=TUS)).headers["Upload-Offset"] == "0"
    assert [each["result"]["text"] for each in done] == [
        heard_alone(say(each), ENGLISH).text for each in words
    ]
    assert listed == {*accepted, upload.rpartition("/")[2]}


async def test_a_resumable_upload_goes_on_after_a_kill_where_it_was(
    tmp_path: Path, profile: str, long: Recording, text: str
) -> None:
    sound = long.path.read_bytes()
    half = len(sound) // 2
    with served(tmp_path, RETENDER_PROFILE=profile) as service:
        async with service.asking() as http:
            metadata = {"Upload-Length": str(len(sound)), "Upload-Metadata": "language ZW4="}
            begun = await http.post("/uploads", headers=TUS | metadata)
            upload = httpx.URL(begun.headers["Location"]).path
            assert (await add(http, upload, 0, sound[:half])).status_code == 204
        service.kill()
    with served(tmp_path, RETENDER_PROFILE=profile) as second:
        async with second.asking() as http:
            offset = int((await http.head(upload, headers=TUS)).headers["Upload-Offset"])
            assert offset == half, "what was acknowledged is on disk"
            last = await add(http, upload, offset, sound[offset:])
            done = await end_of(http, last.headers["Retender-Job-Id"])
    assert done["result"]["text"] == text


async def add(http: httpx.AsyncClient, upload: str, offset: int, data: bytes) -> httpx.Response:
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    return await http.patch(upload, content=data, headers=TUS | kind)


async def send_half_a_form(wire: Line) -> None:
    body = form(part("file", say("papa quebec").path.read_bytes(), filename="a.wav"))
    await wire.head("POST", "/transcribe-job", Content_Type=FORM, Content_Length=len(body))
    await wire.send(body[: len(body) // 2])
