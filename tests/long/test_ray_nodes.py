"""On a Ray of several nodes, one of them dies, or runs out of memory, with work in hand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.command import PATIENCE, environment, until
from tests.kills.test_http_kills import told_text, watching
from tests.ray_actors import RayActors, begun_with, hours_of_silence, ray_actors
from tests.served import end_of, hand_in
from tests.speech import needs_speech, one_file, talk
from tests.viewer import Returning, eventually

pytestmark = [needs_speech, pytest.mark.ray]

TRANSCRIBER = "transcriber-1"
CLIENTS = 3
ROOM = 1 << 30


class Cluster:
    """The program beside, see there."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        at, self.address, self.url = self._next().split()
        assert at == "at"

    def add(self, room: int = 0) -> None:
        self._tell(f"add {room}" if room else "add")

    def lose(self) -> None:
        self._tell("lose")

    def _tell(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._next() == "done"

    def _next(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("at ", "done")):
                return line.strip()
        raise AssertionError("the cluster has ended")


@contextmanager
def begun_at(folder: Path) -> Iterator[Cluster]:
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.long.nodes", str(folder)],
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Cluster(process)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def cluster_of_some(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with begun_at(tmp_path_factory.mktemp("service")) as cluster:
        yield cluster


@pytest.fixture
async def http(cluster_of_some: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    """Once recordings are taken in."""
    async with httpx.AsyncClient(
        base_url=cluster_of_some.url, timeout=PATIENCE, trust_env=False
    ) as http:

        async def ready() -> bool:
            return (await http.get("/health/ready")).status_code == 200

        await until(ready)
        yield http


@pytest.fixture(scope="module")
def actors(cluster_of_some: Cluster) -> Iterator[RayActors]:
    with ray_actors(cluster_of_some.address) as actors:
        yield actors


async def test_what_takes_too_much_memory_is_tried_again_and_then_fails_with_that_reason(
    cluster_of_some: Cluster, actors: RayActors, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    await asyncio.to_thread(cluster_of_some.add, ROOM)
    job_id = await hand_in(http, hours_of_silence(tmp_path))
    client = Returning(cluster_of_some, job_id)
    async with watching([client]):
        for attempt in (1, 2, 3):
            await eventually(lambda: begun_with(client) == attempt)  # noqa: B023 - at once
            worker = await actors.process(TRANSCRIBER)
            taken = b"x" * (2 * ROOM)
            await actors.ended(TRANSCRIBER, worker)
            del taken
    done = await end_of(http, job_id)
    await asyncio.to_thread(cluster_of_some.lose)
    assert done["status"] == "failed"
    assert done["error"]["code"] == "worker_crashed"
    assert "ran out of memory" in done["error"]["detail"]


async def test_what_a_node_had_in_hand_when_it_died_is_done_on_the_next(
    cluster_of_some: Cluster, actors: RayActors, http: httpx.AsyncClient
) -> None:
    recording = one_file(talk(140, "en", seed=1), talk(140, "en", seed=2))
    await asyncio.to_thread(cluster_of_some.add)
    job_id = await hand_in(http, recording.path, language="en")
    clients = [Returning(cluster_of_some, job_id) for _ in range(CLIENTS)]
    async with watching(clients):
        await eventually(lambda: all(len(client.heard) >= 6 for client in clients))
        assert not any(client.over for client in clients)
        worker = await actors.process(TRANSCRIBER)
        await asyncio.to_thread(cluster_of_some.lose)
        await actors.ended(TRANSCRIBER, worker)
        assert not any(client.over for client in clients)
        await asyncio.to_thread(cluster_of_some.add)
    done = await end_of(http, job_id)
    assert done["result"]["text"] == recording.text
    for client in clients:
        assert client.numbers == list(range(1, done["seq"] + 1))
        assert told_text(client) == recording.text
