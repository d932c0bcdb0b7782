"""The service as it is deployed, with recognition here and at Groq: real files, a real worker
process with the digits model, real HTTP to a Groq that hears with the same model.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Recipe
from deployments.logs import configuration
from deployments.serving.local import Service, tree
from deployments.settings import read
from deployments.wiring.engines import pools
from retender.errors import EngineUnavailable
from retender.jobs.job import Job, Options
from retender.jobs.messages import note_text
from retender.jobs.states import Stage, Status
from retender.workers.engine_info import EngineInfo
from tests.support.engines.recognition_service import WholeService
from tests.support.groq.digits import DigitsEar
from tests.support.groq.rules import KEY, GroqService, refusal
from tests.support.groq.server import GroqServer
from tests.support.sound.media import needs_espeak
from tests.support.sound.speech import Recording, say
from tests.support.sound.undisturbed import ENGLISH, assert_understood, heard_alone

pytestmark = needs_espeak

TURBO = "whisper-large-v3-turbo"
ONE = "one two three four five six seven eight nine"
TWO = "nine eight seven six five four three two one"
THREE = "two four six eight one three five seven nine"
ONE_AT_A_TIME = {"RETENDER_SPILL_AFTER_SECONDS": "1", "MAX_CONCURRENT_JOBS": "1"}
"""However many cores there are, the third one has to wait."""


class Rented(NamedTuple):
    service: WholeService
    groq: GroqService
    address: str

    async def submit(self, recording: Path, job_id: str, engine: str = "auto") -> str:
        options = Options(language="en", engine=engine)
        return await self.service.submit(recording, options, job_id=job_id)

    async def text(self, job: Job) -> str:
        assert job.status is Status.COMPLETED, job.failure
        return (await self.service.transcript(job.id)).text

    async def engines(self) -> dict[str, EngineInfo]:
        return await self.service.manager.ask(JobManager.engines)

    async def at(self, job_id: str, stage: Stage) -> Job:
        """Follow the job until it is there."""
        position = 0
        async with asyncio.timeout(60):
            while True:
                job = (await self.service.manager.ask(JobManager.status, job_id)).job
                if job.stage is stage or job.finished:
                    return job
                page = await self.service.manager.ask(JobManager.log, position, 1.0)
                position = page.position


def undisturbed(ear: DigitsEar, recording: Recording, engine: str | None) -> str:
    """What this engine hears in it. They cut it in other places, and may mistake another word."""
    if engine != "groq":
        return heard_alone(recording, ENGLISH).text
    text = ear.text(recording.path, "en")
    assert_understood(recording.text.split(), text.split())
    return text


@asynccontextmanager
async def rented(folder: Path, ear: DigitsEar, **environment: str) -> AsyncIterator[Rented]:
    """A service and its Groq."""
    groq = GroqService(ear)
    async with (
        GroqServer(groq).running() as server,
        opened(folder, server.address, **environment) as service,
    ):
        yield Rented(service, groq, server.address)


@asynccontextmanager
async def opened(folder: Path, address: str, **environment: str) -> AsyncIterator[WholeService]:
    settings = read(
        {
            "RETENDER_DATA_DIR": str(folder),
            "RETENDER_OFFLINE": "yes",
            "DEFAULT_MODEL": "digits",
            "GROQ_API_KEY": KEY,
            "GROQ_BASE_URL": address,
            "PATH": os.environ["PATH"],
            **environment,
        },
        Path(os.devnull),
    )
    quiet = Recipe.of(configuration.configure, level="ERROR", style="human")
    service = Service(tree(settings, pools(settings)), grace=10.0, prepare=quiet)
    await service.start()
    hub = Hub(service.runtime.ref(Broadcaster, BROADCASTER))
    reading = asyncio.create_task(hub.run())
    try:
        whole = WholeService(folder, service, hub)
        await ready(service)
        yield whole
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        await service.stop()


async def ready(service: Service) -> None:
    """Until all engines have been heard of."""
    manager = service.runtime.ref(JobManager, JOB_MANAGER)
    async with asyncio.timeout(60):
        while not _heard_of(await manager.ask(JobManager.engines)):  # noqa: ASYNC110 - others' doing
            await asyncio.sleep(0.1)


def _heard_of(engines: dict[str, EngineInfo]) -> bool:
    return not any(engine.starting for engine in engines.values())


@pytest.fixture(scope="module")
def ear() -> DigitsEar:
    return DigitsEar()


@pytest.fixture(scope="module")
def spoken() -> tuple[Recording, Recording, Recording]:
    return say(ONE), say(TWO), say(THREE)


Spoken = tuple[Recording, Recording, Recording]


async def test_here_there_and_where_it_is_best_hear_the_same_words(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    recording = spoken[0].path
    texts = {name: undisturbed(ear, spoken[0], name) for name in ("local", "groq")}
    async with rented(tmp_path, ear) as site:
        engines = await site.engines()
        assert {name: (each.ready, each.workers) for name, each in engines.items()} == {
            "local": (True, 1),
            "groq": (True, 1),
        }
        made = {}
        for engine in ("auto", "local", "groq"):
            job = await site.service.ended(await site.submit(recording, engine, engine))
            made[engine] = job.engine
            assert await site.text(job) == texts[str(job.engine)]
        assert made == {"auto": "local", "local": "local", "groq": "groq"}
        assert [asked.field("model") for asked in site.groq.asked] == [TURBO]
        assert site.groq.asked[0].audio == recording.read_bytes()
        usage = (await site.service.manager.ask(JobManager.engines))["groq"].usage
        assert TURBO in usage


async def test_what_waits_too_long_is_heard_there_to_the_word(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    async with rented(tmp_path, ear, **ONE_AT_A_TIME) as site:
        for number, recording in enumerate(spoken):
            await site.submit(recording.path, f"job-{number}")
        jobs = [await site.service.ended(f"job-{number}") for number in range(3)]
        texts = [await site.text(job) for job in jobs]
        there = [job for job in jobs if job.engine == "groq"]
        assert there, "the line here was longer than a second"
        assert len(site.groq.asked) == len(there)
    assert texts == [
        undisturbed(ear, recording, job.engine) for job, recording in zip(jobs, spoken, strict=True)
    ]


async def test_what_finds_no_room_there_comes_back_and_is_heard_here_to_the_word(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    async with rented(tmp_path, ear, **ONE_AT_A_TIME) as site:
        site.groq.out_of_order.extend([refusal(429, "Rate limit reached", after=3600.0)] * 9)
        for number, recording in enumerate(spoken):
            await site.submit(recording.path, f"job-{number}")
        jobs = [await site.service.ended(f"job-{number}") for number in range(3)]
        texts = [await site.text(job) for job in jobs]
        assert [job.engine for job in jobs] == ["local"] * 3
        assert [job.attempt for job in jobs] == [1] * 3
        assert site.groq.asked, "one of them was there"
    assert texts == [undisturbed(ear, recording, "local") for recording in spoken]


async def test_who_asked_for_groq_waits_for_its_window_over_a_restart(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    """What was sent before is known after, and the text comes when the limits allow it."""
    scarce = {"GROQ_AUDIO_SECONDS_PER_HOUR": "10"}
    groq = GroqService(ear)
    one, two = (undisturbed(ear, recording, "groq") for recording in spoken[:2])
    three = undisturbed(ear, spoken[2], "local")
    async with GroqServer(groq).running() as server:
        async with opened(tmp_path, server.address, **scarce) as service:
            site = Rented(service, groq, server.address)
            first = await site.service.ended(await site.submit(spoken[0].path, "first", "groq"))
            assert await site.text(first) == one
            await site.submit(spoken[1].path, "second", "groq")
            job = await site.at("second", Stage.QUEUED)
        async with opened(tmp_path, server.address, **scarce) as service:
            site = Rented(service, groq, server.address)
            job = await site.at("second", Stage.QUEUED)
            assert job.status is Status.PROCESSING
            assert "Groq's limits are used up: going on at about" in note_text(job.note, "en")
            here = await site.service.ended(await site.submit(spoken[2].path, "third", "local"))
            assert await site.text(here) == three, "it is in nobody's way"
        assert len(groq.asked) == 1
        async with opened(tmp_path, server.address, GROQ_AUDIO_SECONDS_PER_HOUR="60") as service:
            site = Rented(service, groq, server.address)
            second = await site.service.ended("second")
            assert await site.text(second) == two
            assert (second.engine, second.attempt) == ("groq", 1)
    assert len(groq.asked) == 2


async def test_a_wrong_key_is_seen_at_once_and_told_to_who_asks_for_groq(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    text = undisturbed(ear, spoken[0], "local")
    async with rented(tmp_path, ear, GROQ_API_KEY="gsk_wrong") as site:
        async with asyncio.timeout(60):
            while (groq := (await site.engines())["groq"]).ready:  # noqa: ASYNC110 - Groq's doing
                await asyncio.sleep(0.1)
        assert "check GROQ_API_KEY" in groq.reason
        assert "gsk_wrong" not in repr(groq)
        job = await site.service.ended(await site.submit(spoken[0].path, "there", "groq"))
        assert job.status is Status.FAILED
        assert job.failure is not None
        assert "check GROQ_API_KEY" in job.failure.message
        here = await site.service.ended(await site.submit(spoken[0].path, "here"))
        assert await site.text(here) == text


async def test_without_a_key_groq_is_refused_with_what_to_set(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    async with rented(tmp_path, ear, GROQ_API_KEY="") as site:
        assert list(await site.engines()) == ["local"]
        with pytest.raises(EngineUnavailable, match="set GROQ_API_KEY"):
            await site.submit(spoken[0].path, "there", "groq")


async def test_the_command_line_has_it_heard_by_groq(
    tmp_path: Path, ear: DigitsEar, spoken: Spoken
) -> None:
    groq = GroqService(ear)
    code = "from deployments.cli import main; main()"
    async with GroqServer(groq).running() as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, "transcribe", str(spoken[0].path)),
            *("--engine", "groq", "--language", "en"),
            env=os.environ
            | {
                "GROQ_API_KEY": KEY,
                "GROQ_BASE_URL": server.address,
                "RETENDER_DATA_DIR": str(tmp_path / "data"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert out.decode().split() == undisturbed(ear, spoken[0], "groq").split()
    assert len(groq.asked) == 1
    assert list((tmp_path / "data" / "groq").glob("*.json")), "what was sent counts tomorrow"
