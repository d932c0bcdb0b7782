"""Jobs of the whole service, recognised by Groq: real files, real processes, real HTTP."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import JOB_MANAGER
from actors.runtime.api import Recipe
from actors.transcripts import whole_transcript
from actors.tree import TreeSettings
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from deployments.logs import configuration
from deployments.serving.local import Service
from retender.audio.speech import DetectorName
from retender.engines.groq.engine import GroqEngine, groq_engine
from retender.engines.groq.settings import GroqSettings
from retender.engines.preparation import Preparation
from retender.jobs.job import Job, Options
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.journal.sqlite import SqliteOpener
from retender.scheduling.engine_choice import GROQ
from retender.scheduling.pool_size import Bounds
from retender.storage.blobs import BlobStore
from tests.support.groq.digits import DigitsEar
from tests.support.groq.rules import KEY, Asked, GroqService, Heard, refusal
from tests.support.groq.server import GroqServer
from tests.support.paths import DIGITS
from tests.support.sound.media import FFMPEG, needs_espeak
from tests.support.sound.undisturbed import assert_nothing_lost_or_doubled

FILE_BYTES = 100_000


def make_engine(root: str, address: str, most_seconds: float) -> GroqEngine:
    settings = GroqSettings(api_key=KEY, base_url=address, file_bytes=FILE_BYTES, chunk_seconds=4.0)
    how = Preparation(ffmpeg=FFMPEG, most_seconds=most_seconds, detector=DetectorName.ENERGY)
    return groq_engine(settings, BlobStore(root), Path(root) / "groq", how, time.time)


class Office:
    """A service with its disk, as a client sees it."""

    def __init__(self, service: Service, root: Path) -> None:
        self._manager = service.runtime.ref(JobManager, JOB_MANAGER)
        self._blobs = BlobStore(root)

    async def done(self, recording: Path, **options: Any) -> Job:
        """Submit it and follow it to its end."""
        async with self._blobs.receive(limit=2**30) as upload:
            await upload.write(await asyncio.to_thread(recording.read_bytes))
            audio = await upload.finish(at=time.time())
        asked = Options(engine="groq", word_timestamps=True, **options)
        job_id = recording.stem
        await self._manager.ask(
            JobManager.submit, Submission(job_id=job_id, audio=audio, options=asked)
        )
        position = 0
        async with asyncio.timeout(60):
            while not (status := await self._manager.ask(JobManager.status, job_id)).job.finished:
                page = await self._manager.within(10).ask(JobManager.log, position, 5.0)
                position = page.position
        return status.job

    async def text(self, job: Job) -> str:
        transcript = await whole_transcript(self._manager, job.id)
        assert all(segment.words for segment in transcript.segments)
        return transcript.text


@asynccontextmanager
async def open_office(
    groq: GroqServer, root: Path, most_seconds: float = 3600.0
) -> AsyncIterator[Office]:
    how = {"root": str(root), "address": groq.address, "most_seconds": most_seconds}
    settings = TreeSettings(
        manager=ManagerSettings(engines=(GROQ,)),
        journal=SqliteOpener(str(root / "journal.db")),
        blobs=Recipe.of(BlobStore, root=str(root)),
        pools=(
            PoolSettings(
                engine=Recipe.of(make_engine, **how),
                bounds=Bounds(least=1, most=1),
                transcriber=TranscriberSettings(heartbeat=0.1, poll_seconds=0.5),
            ),
        ),
    )
    quiet = Recipe.of(configuration.configure, level="ERROR", style="human")
    service = Service(settings, grace=10.0, prepare=quiet)
    await service.start()
    try:
        yield Office(service, root)
    finally:
        await service.stop()


def made(target: Path, *sound: str, codec: Sequence[str] = ()) -> Path:
    subprocess.run([FFMPEG, "-v", "error", *sound, *codec, str(target)], check=True)
    return target


def tone(target: Path, seconds: float) -> Path:
    return made(target, "-f", "lavfi", "-i", f"sine=440:duration={seconds}")


async def test_a_small_file_passes_through_and_a_large_one_goes_in_parts(tmp_path: Path) -> None:
    async def listen(asked: Asked) -> Heard:
        name = asked.name.rpartition(".")[2]
        return Heard(2.0, ((0.0, 1.0, f" Esto era {name}."),))

    service = GroqService(listen)
    async with GroqServer(service).running() as groq, open_office(groq, tmp_path) as office:
        small = await office.done(tone(tmp_path / "small.mp3", 2.0))
        assert small.status is Status.COMPLETED
        assert (small.engine, small.model) == ("groq", "whisper-large-v3-turbo")
        assert small.duration == pytest.approx(2.0, abs=0.1)
        assert await office.text(small) == "Esto era mp3."
        assert service.asked[0].audio == (tmp_path / "small.mp3").read_bytes()

        large = await office.done(tone(tmp_path / "large.wav", 6.0), vad=False)
        assert large.status is Status.COMPLETED
        assert large.chunks > 1
        assert len(service.asked) == 1 + large.chunks
        assert (await office.text(large)).startswith("Esto era flac.")


async def test_a_recording_longer_than_allowed_is_refused_though_groq_would_take_it(
    tmp_path: Path,
) -> None:
    service = GroqService()
    async with GroqServer(service).running() as groq, open_office(groq, tmp_path, 1.0) as office:
        job = await office.done(tone(tmp_path / "tone.mp3", 2.0))
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert job.failure.code == "too_long"
    assert service.asked == []


async def test_a_wrong_key_ends_the_job_at_once_and_says_so(tmp_path: Path) -> None:
    service = GroqService()
    service.out_of_order.append(refusal(401, "Invalid API Key"))
    async with GroqServer(service).running() as groq, open_office(groq, tmp_path) as office:
        job = await office.done(tone(tmp_path / "tone.mp3", 2.0))
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert job.failure.code == "engine_unavailable"
    assert "GROQ_API_KEY" in job.failure.message
    assert len(service.asked) == 1


async def test_a_passing_failure_is_tried_again_and_the_text_comes(tmp_path: Path) -> None:
    async def listen(_: Asked) -> Heard:
        return Heard(2.0, ((0.0, 1.0, " Hola."),))

    service = GroqService(listen)
    service.out_of_order.append(refusal(500, "oops"))
    async with GroqServer(service).running() as groq, open_office(groq, tmp_path) as office:
        job = await office.done(tone(tmp_path / "tone.mp3", 2.0))
        assert job.status is Status.COMPLETED
        assert job.attempt == 2
        assert await office.text(job) == "Hola."


@needs_espeak
@pytest.mark.skipif(not DIGITS.exists(), reason="the digits model is not there")
@pytest.mark.parametrize("name", ["spoken.mp3", "spoken.wav"])
async def test_the_words_that_were_spoken_come_back(tmp_path: Path, name: str) -> None:
    words = "one two three four five six seven eight nine"
    speech = tmp_path / "speech.wav"
    command = ["espeak-ng", "-v", "en-us+m4", "-s", "140", "-w", str(speech)]
    await asyncio.to_thread(subprocess.run, [*command, words.replace(" ", ", ")], check=True)
    recording = made(tmp_path / name, "-i", str(speech))

    service = GroqService(DigitsEar())
    async with GroqServer(service).running() as groq, open_office(groq, tmp_path) as office:
        job = await office.done(recording)
        heard = (await office.text(job)).lower()
    assert job.language == "en"
    text = "".join(letter for letter in heard if letter.isalpha() or letter == " ")
    assert_nothing_lost_or_doubled(words.split(), text.split())
    assert (len(service.asked) > 1) is (recording.stat().st_size > FILE_BYTES)
