"""How a service ends, and how its clients and the next start go on: real processes, real speech."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.client import connect

from deployments.client.client import Client
from deployments.serving.web import free_port
from tests.support.groq.rules import KEY, GroqService, Hang, Heard
from tests.support.groq.server import GroqServer
from tests.support.http.command import DEADLINE, Serving, retender, running, serving_beside, until
from tests.support.http.deployed_service import asking, job
from tests.support.sound.speech import needs_speech, say, talk
from tests.support.sound.undisturbed import heard_alone

pytestmark = needs_speech

SPEECH = Heard(2.0, ((0.0, 2.0, " hello again"),), language="English")


async def submitted(url: str, recording: Path, **fields: str) -> str:
    async with Client(url) as client:
        return await client.submit(recording, fields, recording.name, lambda _: None)


async def until_it_is(url: str, job_id: str, status: str) -> dict[str, Any]:
    async with asking(url) as http:

        async def so() -> bool:
            return bool((await job(http, job_id))["status"] == status)

        await until(so)
        return await job(http, job_id)


async def some_text(url: str, job_id: str) -> None:
    """Until the first of it is there, and the rest is not."""
    address = f"{url.replace('http', 'ws', 1)}/ws/transcription/{job_id}?since=0"
    async with asyncio.timeout(DEADLINE), connect(address, proxy=None) as following:
        async for text in following:
            if json.loads(text)["data"].get("segments"):
                return


async def until_it_stops(url: str) -> None:
    async with asking(url) as http:

        async def so() -> bool:
            return (await http.get("/health/ready")).status_code == 503

        await until(so)


async def ended(service: Serving) -> tuple[int, list[str]]:
    return await asyncio.to_thread(service.ended)


async def test_stopped_in_the_middle_of_a_recording_it_goes_on_with_the_next_start(
    tmp_path: Path,
) -> None:
    recording = talk(300, seed=1)
    text = heard_alone(recording).text
    async with serving_beside(tmp_path, MAX_CONCURRENT_JOBS="1") as first:
        job_id = await submitted(first.url, recording.path)
        await some_text(first.url, job_id)
        first.process.send_signal(signal.SIGTERM)
        status, said = await ended(first)
        assert (status, said[-1]) == (0, "stopped: normal")
    async with serving_beside(tmp_path) as second:
        body = await until_it_is(second.url, job_id, "completed")
        assert body["attempt"] == 1
        # Pieces that were done are not done again, and none is missing.
        assert body["result"]["text"] == text


async def test_killed_with_clients_connected_it_is_come_back_to(tmp_path: Path) -> None:
    recording, port = talk(300, seed=1), str(free_port("127.0.0.1"))
    text = heard_alone(recording).text
    url = f"http://127.0.0.1:{port}"
    wanted = ("transcribe", recording.path, "--server", url)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(serving_beside(tmp_path, PORT=port))
        client = await stack.enter_async_context(running(tmp_path, *wanted))
        async with Client(url) as here:

            async def so() -> bool:
                return len(await here.jobs(None, 1)) == 1

            await until(so)
            (found,) = await here.jobs(None, 1)
        await some_text(url, found["job_id"])
        first.process.kill()
        first.process.wait()
        await stack.enter_async_context(serving_beside(tmp_path, PORT=port))
        async with asyncio.timeout(DEADLINE):
            out, err = await client.communicate()
    assert (client.returncode, err) == (0, b"")
    assert out.decode().split() == text.split()


class Busy(NamedTuple):
    service: Serving
    groq: GroqService
    settings: dict[str, str]
    job_id: str


@asynccontextmanager
async def busy(folder: Path, grace: str) -> AsyncIterator[Busy]:
    """A service with one piece in hand, which Groq does not answer."""
    groq = GroqService(_hear)
    groq.out_of_order.append(Hang())
    async with GroqServer(groq).running() as server:
        settings = {"GROQ_API_KEY": KEY, "GROQ_BASE_URL": server.address}
        given = settings | {"RETENDER_GRACE_SECONDS": grace}
        async with serving_beside(folder, **given) as service:
            job_id = await submitted(service.url, say("one two").path, engine="groq")
            async with asyncio.timeout(DEADLINE):
                await groq.arrived(1)
            yield Busy(service, groq, settings, job_id)


async def _hear(_: object) -> Heard:
    return SPEECH


async def test_while_it_stops_nothing_new_comes_in_and_who_asks_is_answered(
    tmp_path: Path,
) -> None:
    async with busy(tmp_path, grace="600") as (service, _, _, job_id):
        address = f"{service.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}"
        async with connect(address, proxy=None) as watching:
            service.process.send_signal(signal.SIGTERM)
            async for _ in watching:
                """What is told until it is over."""
            assert watching.close_code == 1001
        async with asking(service.url) as http:
            files = {"file": ("a.wav", say("three").path.read_bytes())}
            refused = await http.post("/transcribe-job", files=files)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "draining"
            assert "Retry-After" in refused.headers
            assert (await http.get("/health/ready")).status_code == 503
            assert (await http.get(f"/job/{job_id}")).json()["status"] == "processing"
        assert service.process.poll() is None
        # Told once more, it waits no longer.
        service.process.send_signal(signal.SIGTERM)
        status, said = await ended(service)
        assert (status, said[-1]) == (0, "stopped: normal")


async def test_what_is_in_hand_may_finish_within_the_grace_time(tmp_path: Path) -> None:
    answer = asyncio.Event()

    async def hear(_: object) -> Heard:
        await answer.wait()
        return SPEECH

    groq = GroqService(hear)
    async with GroqServer(groq).running() as server:
        given = {"GROQ_API_KEY": KEY, "GROQ_BASE_URL": server.address}
        async with serving_beside(tmp_path, RETENDER_GRACE_SECONDS="600", **given) as service:
            job_id = await submitted(service.url, say("one two").path, engine="groq")
            async with asyncio.timeout(DEADLINE):
                await groq.arrived(1)
            service.process.send_signal(signal.SIGINT)
            await until_it_stops(service.url)
            answer.set()
            assert (await ended(service))[0] == 0
    async with serving_beside(tmp_path) as again:
        async with asking(again.url) as http:
            body = await job(http, job_id)
        assert (body["status"], body["result"]["text"]) == ("completed", "hello again")


@pytest.mark.parametrize("hurry", [True, False])
async def test_what_did_not_finish_is_given_back_and_goes_on_with_the_next_start(
    tmp_path: Path, hurry: bool
) -> None:
    grace = "600" if hurry else "0.2"
    async with busy(tmp_path, grace) as (service, groq, settings, job_id):
        service.process.send_signal(signal.SIGTERM)
        if hurry:
            service.process.send_signal(signal.SIGINT)
        status, said = await ended(service)
        assert (status, said[-1]) == (0, "stopped: normal")
        async with serving_beside(tmp_path, **settings) as again:
            body = await until_it_is(again.url, job_id, "completed")
            assert body["result"]["text"] == "hello again"
        assert len(groq.asked) == 2


async def test_commands_find_the_service_of_their_data_folder_until_it_stops(
    tmp_path: Path,
) -> None:
    async with serving_beside(tmp_path) as service:
        assert await retender(tmp_path, "jobs") == (0, "", "")
        service.process.send_signal(signal.SIGTERM)
        assert (await ended(service))[0] == 0
    done = await retender(tmp_path, "jobs")
    assert done.code == 1
    assert done.err.startswith("no service runs here; start one with `retender serve`")
