"""Many jobs and many who watch them and come back: when they have gone, so has what they took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.engines.recognition_service import linux_only, resident
from tests.support.http.command import until
from tests.support.http.deployed_service import MEBIBYTE, Served, job, served
from tests.support.http.live_client import Returning, in_steps
from tests.support.sound.media import RATE, silence, wav
from tests.support.sound.speech import needs_speech, say
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = [needs_speech, linux_only]

WORD = "seven"
WAV_HEADER = 44

EARLIER = 500
"""Jobs until every process has what it needs to work so. An ingress replica on Ray takes some 15 MB
more in these, and nothing to speak of in the next ones."""
JOBS = 500
AT_ONCE = 25

STEP = 2
"""Messages that a client hears before it leaves, and comes back for the next."""

FLAT = 8 * MEBIBYTE
"""By so much a process may differ before and after: 16 kB for each job would be seen."""

SPARE = 8
"""Connections of those who look."""


class Taken(NamedTuple):
    """What the service has, at rest."""

    memory: dict[int, int]
    """Bytes by process: on Ray, each actor has its own."""
    files: dict[int, int]
    """Open ones, likewise."""
    actors: set[str]
    unfinished: set[Path]
    """Of uploads and of work that is under way."""


async def test_what_five_hundred_jobs_and_who_watched_them_took_is_given_back(
    tmp_path: Path, profile: str
) -> None:
    with served(tmp_path, RETENDER_PROFILE=profile) as service:
        async with service.asking() as http:
            await heard_and_watched(service, http, range(EARLIER))
            before = await taken(service, http)
            await heard_and_watched(service, http, range(EARLIER, EARLIER + JOBS))
            await until(lambda: at_rest(service, http, before))
            after = await taken(service, http)
    assert after.actors == before.actors
    assert after.unfinished == before.unfinished
    grown = {pid: size - before.memory[pid] for pid, size in after.memory.items()}
    assert max(grown.values()) < FLAT, f"bytes by process: {grown}"


async def heard_and_watched(
    service: Served, http: httpx.AsyncClient, numbers: Iterable[int]
) -> None:
    spoken = say(WORD).path.read_bytes()[WAV_HEADER:]
    heard = heard_alone(say(WORD), ENGLISH).text
    waiting = iter(numbers)

    async def one_after_the_other() -> None:
        for number in waiting:
            sound = wav(spoken + silence(number / RATE).tobytes())
            answer = await http.put("/transcribe-job", params={"language": "en"}, content=sound)
            client = Returning(service, answer.json()["job_id"])
            await in_steps(client, STEP)
            done = await job(http, answer.json()["job_id"])
            assert done["result"]["text"] == heard
            assert client.numbers == list(range(1, done["seq"] + 1))
            assert len(client.codes) > 1, "it has left and come back"

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_the_other())


async def at_rest(service: Served, http: httpx.AsyncClient, before: Taken) -> bool:
    """As it was before, but for what it has learnt."""
    now = await taken(service, http)
    return now.memory.keys() == before.memory.keys() and all(
        count <= before.files.get(pid, 0) + SPARE for pid, count in now.files.items()
    )


async def taken(service: Served, http: httpx.AsyncClient) -> Taken:
    """Once nobody is connected or followed any more, and nothing is worked at."""
    await until(lambda: deserted(http))
    processes = service.processes
    found = await figures(http)
    assert found["retender_subscriptions"] == 1
    return Taken(
        memory=of_each(processes, resident),
        files=of_each(processes, open_files),
        actors={name for name, running in found.items() if "actor_running" in name and running},
        unfinished={
            file for kind in ("incoming", "partial") for file in (service.folder / kind).rglob("*")
        },
    )


def of_each(processes: set[int], measure: Callable[[int], int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for pid in processes:
        with suppress(FileNotFoundError, ProcessLookupError, StopIteration):  # it has just gone
            found[pid] = measure(pid)
    return found


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def deserted(http: httpx.AsyncClient) -> bool:
    found = await figures(http)
    busy = ("retender_sockets", "retender_watched_jobs", "retender_followed_jobs")
    return not any(found.get(name, 1) for name in busy)


async def figures(http: httpx.AsyncClient) -> dict[str, float]:
    """Each sample by its name and labels."""
    return {
        "/".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families((await http.get("/metrics")).text)
        for sample in family.samples
    }
