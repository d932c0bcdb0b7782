"""On a Ray of several nodes: workers come with the work, one to a node, and go with it; a model may
have some of its own.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from deployments.ray_cluster.plan import Pool
from tests.long.cluster import Cluster
from tests.long.nodes import CPUS, KIND
from tests.support.http.command import until
from tests.support.http.deployed_service import end_of, hand_in, parent
from tests.support.paths import DIGITS
from tests.support.ray.ray_actors import RayActors
from tests.support.sound.speech import needs_speech, one_file, say, talk
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = [needs_speech, pytest.mark.ray]

MOST = 2
SHARE = 0.5

POOLS = (
    # Each takes all cores of its node.
    Pool(cpus=CPUS, resources={KIND: 1}, least=1, most=MOST, seconds_per_worker=30, idle_seconds=2),
    Pool(model="tiny.en", cpus=0, gpus=SHARE),
)
WORKERS = "transcriber-"
ITS_OWN = "transcriber_tiny.en-"


def prepare(folder: Path) -> None:
    """The digits, by the name of another model."""
    shutil.copytree(DIGITS, folder / "models" / "tiny.en", ignore=shutil.ignore_patterns("train"))


@pytest.fixture(scope="module")
def nodes(cluster_of_some: Cluster) -> int:
    """Beside the head."""
    for _ in range(MOST):
        cluster_of_some.add()
    return MOST


async def test_one_long_recording_has_a_worker_on_each_node_until_it_is_done(
    nodes: int, actors: RayActors, http: httpx.AsyncClient
) -> None:
    recording = one_file(talk(140, "en", seed=1), talk(140, "en", seed=2))

    async def as_many(number: int) -> bool:
        return len(await actors.processes(WORKERS)) == number

    await until(lambda: as_many(1))
    job_id = await hand_in(http, recording.path, language="en")
    await until(lambda: as_many(nodes))
    # The parent of a worker is the raylet of its node.
    raylets = {parent(process) for process in await actors.processes(WORKERS)}
    done = await end_of(http, job_id)
    assert len(raylets) == nodes
    assert done["result"]["text"] == heard_alone(recording, ENGLISH).text
    await until(lambda: as_many(1))


@pytest.mark.usefixtures("nodes")
async def test_models_are_at_work_side_by_side_each_with_what_its_workers_need(
    actors: RayActors, http: httpx.AsyncClient
) -> None:
    said = [say(words) for words in ("one two three", "seven eight nine")]
    ids = await asyncio.gather(
        hand_in(http, said[0].path, language="en"),
        hand_in(http, said[1].path, language="en", model="tiny.en"),
    )
    done = await asyncio.gather(*(end_of(http, job_id) for job_id in ids))
    heard = [heard_alone(each, ENGLISH).text for each in said]
    assert [each["result"]["text"] for each in done] == heard
    assert [each["model"] for each in done] == ["digits", "tiny.en"]
    assert len(await actors.processes(ITS_OWN)) == 1
    assert await actors.taken("GPU") == SHARE
