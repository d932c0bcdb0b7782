"""On Ray, each process of the service is killed in turn while it works and clients watch: every job
is done, who comes back by number misses nothing, and health says how it is meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.kills.test_http_kills import told_text, watching
from tests.support.http.deployed_service import DEADLINE, Served, end_of, hand_in, served
from tests.support.http.live_client import Returning, eventually
from tests.support.ray.ray_actors import (
    INGRESS,
    RayActors,
    address_among,
    begun_with,
    hours_of_silence,
    ray_actors,
)
from tests.support.sound.speech import needs_speech, one_file, say, talk
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = [needs_speech, pytest.mark.ray]

CLIENTS = 3
TRANSCRIBER = "transcriber-1"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("service"), RETENDER_PROFILE="ray") as service:
        yield service


@pytest.fixture(scope="module")
def actors(service: Served) -> Iterator[RayActors]:
    with ray_actors(address_among(service.processes)) as actors:
        yield actors


class Watch:
    """Asks how the service is, over and over."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.heard: list[str] = []
        """Each answer that was not the one before."""

    async def run(self) -> None:
        while True:
            status = await self._status()
            if self.heard[-1:] != [status]:
                self.heard.append(status)
            await asyncio.sleep(0.05)

    async def _status(self) -> str:
        try:
            answer = await self._http.get("/health", timeout=10.0)
        except httpx.HTTPError:
            return "silent"
        return str(answer.json()["status"]) if answer.status_code == 200 else "silent"


@asynccontextmanager
async def asking_how_it_is(http: httpx.AsyncClient) -> AsyncIterator[Watch]:
    """The service is healthy before and after."""
    watch = Watch(http)
    asking = asyncio.create_task(watch.run())
    try:
        await eventually(lambda: watch.heard[-1:] == ["healthy"])
        yield watch
        await eventually(lambda: watch.heard[-1:] == ["healthy"])
    finally:
        asking.cancel()
        await asyncio.wait({asking})


@pytest.mark.parametrize(
    ("victim", "seeds", "meanwhile"),
    [
        # Each is another recording: what is known already would not be heard.
        pytest.param(TRANSCRIBER, (1, 2), set(), id="a_transcriber"),
        pytest.param("broadcaster", (2, 1), set(), id="the_broadcaster"),
        # It is asked every second, and up again so soon that this may not be noticed.
        pytest.param("job_manager", (1, 3), set(), id="the_job_manager"),
        pytest.param("root", (2,), {"degraded"}, id="the_root"),
        pytest.param(INGRESS, (1,), {"silent"}, id="the_ingress"),
    ],
)
async def test_whoever_is_killed_the_job_is_done_and_all_of_it_told_once(
    service: Served,
    actors: RayActors,
    *,
    capsys: pytest.CaptureFixture[str],
    victim: str,
    seeds: tuple[int, ...],
    meanwhile: set[str],
) -> None:
    recording = one_file(*(talk(140, "en", seed=seed) for seed in seeds))
    text = heard_alone(recording, ENGLISH).text
    async with service.asking() as http, asking_how_it_is(http) as health:
        job_id = await hand_in(http, recording.path, language="en")
        clients = [Returning(service, job_id) for _ in range(CLIENTS)]
        async with watching(clients):
            await eventually(lambda: all(len(client.heard) >= 6 for client in clients))
            assert not any(client.over for client in clients)
            began = time.monotonic()
            killed = await actors.kill(victim)
            await actors.stands_again(victim, killed)
            async with asyncio.timeout(DEADLINE):
                while not meanwhile <= set(health.heard):
                    # Up again before anybody asked.
                    killed = await actors.kill(victim)
                    await actors.stands_again(victim, killed)
            stood = time.monotonic() - began
            heard = max(len(client.heard) for client in clients)
            await eventually(lambda: any(len(c.heard) > heard or c.over for c in clients))
            told = time.monotonic() - began
        done = await end_of(http, job_id)
    with capsys.disabled():
        told_how(victim, stood, told)
    assert done["status"] == "completed"
    assert done["result"]["text"] == text
    for client in clients:
        assert client.numbers == list(range(1, done["seq"] + 1))
        assert told_text(client) == text


def told_how(victim: str, stood: float, told: float) -> None:
    print(f"\n{victim} again after {stood:.1f} s, and news of the job after {told:.1f} s")  # noqa: T201 - how long it takes is measured, not promised


async def test_a_recording_that_every_worker_dies_of_fails_and_says_so(
    service: Served, actors: RayActors, tmp_path: Path
) -> None:
    async with service.asking() as http, asking_how_it_is(http):
        job_id = await hand_in(http, hours_of_silence(tmp_path))
        client = Returning(service, job_id)
        async with watching([client]):
            for attempt in (1, 2, 3):
                await eventually(lambda: begun_with(client) == attempt)  # noqa: B023 - at once
                await actors.stands_again(TRANSCRIBER, await actors.kill(TRANSCRIBER))
        good = say("seven two kilo")
        after = await end_of(http, await hand_in(http, good.path, language="en"))
        done = await end_of(http, job_id)
    assert done["status"] == "failed"
    assert done["error"]["code"] == "worker_crashed"
    assert TRANSCRIBER in done["error"]["detail"]
    assert after["result"]["text"] == heard_alone(good, ENGLISH).text
