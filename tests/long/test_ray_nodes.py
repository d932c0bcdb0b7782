"""On a Ray of several nodes, one of them dies, or runs out of memory, with work in hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from deployments.ray_cluster.plan import Pool
from tests.kills.test_http_kills import told_text, watching
from tests.long.cluster import Cluster
from tests.long.nodes import KIND
from tests.support.http.deployed_service import end_of, hand_in
from tests.support.http.live_client import Returning, eventually
from tests.support.ray.ray_actors import RayActors, begun_with, hours_of_silence
from tests.support.sound.speech import needs_speech, one_file, talk
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = [needs_speech, pytest.mark.ray]

POOLS = (Pool(resources={KIND: 1}),)
"""Only what recognises needs a node of a kind that is not there at first."""

TRANSCRIBER = "transcriber-1"
CLIENTS = 3
ROOM = 1 << 30


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
    text = heard_alone(recording, ENGLISH).text
    assert done["result"]["text"] == text
    for client in clients:
        assert client.numbers == list(range(1, done["seq"] + 1))
        assert told_text(client) == text
