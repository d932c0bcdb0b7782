"""A Groq engine with a disk of its own, and what is needed to give it work."""

from __future__ import annotations

import array
import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx

from retender.audio.decode import DECODED
from retender.engines.api import EngineMessage, Progress
from retender.engines.groq.audio_tools import AudioTools
from retender.engines.groq.engine import GroqEngine
from retender.engines.groq.settings import GroqSettings
from retender.engines.messages import Beat
from retender.engines.preparation import Preparation
from retender.jobs.job import Options
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs, BlobStore
from retender.transcript.chunks import SAMPLE_RATE, Chunk, Plan
from retender.workers.orders import Failed, Order, Prepared, Transcribed
from tests.support.groq.rules import KEY, Asked, Heard
from tests.support.sound.media import FFMPEG

MP3 = b"\xff\xfb\x90\x64"
NOWHERE = "http://127.0.0.1:9"

SPEECH = Heard(12.5, ((0.5, 2.5, " Hola, mundo."), (3.0, 5.0, " ¿Qué tal?")))


async def listen(_: Asked) -> Heard:
    """It is the same that is heard in every recording."""
    return SPEECH


def mp3(seconds: float, name: str = "") -> bytes:
    """What stands for a recording: it begins like one, and says how long it is."""
    return MP3 + f"{seconds:g} {name}".encode()


def spoken_seconds(recording: bytes) -> float:
    return float(recording.removeprefix(MP3).split(b" ")[0])


class Workshop(AudioTools):
    """Takes a recording at its word; decodes nothing, unless it is told what comes of it."""

    def __init__(self, blobs: Blobs, pcm: bytes | None, chunks: Sequence[Chunk]) -> None:
        super().__init__(blobs, Preparation(ffmpeg=FFMPEG, most_seconds=7190))
        self._folder = blobs.job_folder
        self._pcm = pcm
        self._chunks = chunks
        self.window = 0

    async def seconds(self, upload: Path) -> float:
        return spoken_seconds(await asyncio.to_thread(_beginning, upload))

    async def prepare(self, order: Order, window: int, beat: Beat) -> Prepared:
        assert self._pcm is not None, "nothing was to be decoded here"
        self.window = window
        assert all(chunk.end - chunk.start <= window for chunk in self._chunks)
        decoded = self._folder(order.job_id) / DECODED
        await asyncio.to_thread(decoded.write_bytes, self._pcm)
        seconds = len(self._pcm) / 2 / SAMPLE_RATE
        return Prepared(order.token, Plan(seconds, tuple(self._chunks)))


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def tone(seconds: float) -> bytes:
    """A sound whose every part is different."""
    samples = (round(9000 * math.sin(n * n / 4e5)) for n in range(round(seconds * SAMPLE_RATE)))
    return array.array("h", samples).tobytes()


class Desk:
    def __init__(self, root: Path, now: Callable[[], float], *, blobs: Blobs | None = None) -> None:
        self.root = root
        self.blobs: Blobs = blobs or BlobStore(root)
        self._now = now
        self._given = 0

    def engine(
        self,
        address: str = NOWHERE,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        pcm: bytes | None = None,
        chunks: Sequence[Chunk] = (),
        **settings: Any,
    ) -> GroqEngine:
        return GroqEngine(
            GroqSettings(**{"api_key": KEY, "base_url": address, "max_wait": math.inf, **settings}),
            blobs=self.blobs,
            ledgers=self.root / "groq",
            tools=Workshop(self.blobs, pcm, chunks),
            now=self._now,
            transport=transport,
        )

    async def upload(self, content: bytes) -> Audio:
        async with self.blobs.receive(limit=2**30) as upload:
            await upload.write(content)
            return await upload.finish(at=self._now())

    def order(self, audio: Audio, chunk: Chunk | None = None, **options: Any) -> Order:
        self._given += 1
        return Order(
            token=f"1.{self._given}",
            job_id=f"job-{audio.sha256[:12]}",
            index=0 if chunk is None else 1,
            attempt=1,
            audio=audio,
            options=Options(engine="groq", **options),
            chunk=chunk,
        )

    async def prepared(self, engine: GroqEngine, content: bytes, **options: Any) -> list[Order]:
        """An upload taken in and prepared: the orders for its chunks."""
        audio = await self.upload(content)
        outcome = await done(engine, self.order(audio, **options))
        assert isinstance(outcome, Prepared), outcome
        return [self.order(audio, chunk, **options) for chunk in outcome.plan.chunks]


async def news(engine: GroqEngine, order: Order) -> list[EngineMessage]:
    async with aclosing(engine.work((order,))) as items:
        return [item async for item in items]


async def done(engine: GroqEngine, order: Order) -> EngineMessage:
    *signs, outcome = await news(engine, order)
    assert all(isinstance(sign, Progress) for sign in signs)
    assert not isinstance(outcome, Progress)
    assert outcome.token == order.token
    return outcome


async def transcribed(engine: GroqEngine, order: Order) -> Transcribed:
    outcome = await done(engine, order)
    assert isinstance(outcome, Transcribed), outcome
    return outcome


async def broke(engine: GroqEngine, order: Order) -> Failed:
    outcome = await done(engine, order)
    assert isinstance(outcome, Failed), outcome
    return outcome
