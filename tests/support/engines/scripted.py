"""An engine whose recordings are scripts: what it hears is known to the word, and it fails,
hangs and crashes on command. It stands where faster-whisper and Groq will, behind their protocol.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

import msgspec

from retender.audio.peaks import Peaks
from retender.engines.api import EngineMessage, Progress
from retender.errors import CorruptMedia, EngineFailed
from retender.jobs.pieces import PREPARATION
from retender.storage.audio import Audio
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment, Word
from retender.workers.orders import Failed, Order, Prepared, Transcribed

STEPS = 4


class Act(enum.StrEnum):
    """What becomes of one attempt at a piece."""

    OK = "ok"
    FAIL = "fail"
    FATAL = "fatal"
    HANG = "hang"
    CRASH = "crash"
    """The worker dies of a bug."""
    DIE = "die"
    """The process is gone without a word."""


class Passage(msgspec.Struct, frozen=True):
    """One chunk: what is said in it, how long that takes to work out, and how attempts end."""

    words: tuple[str, ...]
    seconds: float = 10.0
    takes: float = 1.0
    acts: tuple[Act, ...] = ()

    def act(self, attempt: int) -> Act:
        return self.acts[attempt - 1] if attempt <= len(self.acts) else Act.OK


class Script(msgspec.Struct, frozen=True):
    passages: tuple[Passage, ...]
    preparation: Passage = Passage((), takes=0.5)

    @property
    def text(self) -> str:
        return " ".join(word for passage in self.passages for word in passage.words)

    @property
    def seconds(self) -> float:
        return sum(passage.seconds for passage in self.passages)

    def passage(self, index: int) -> Passage:
        return self.preparation if index == PREPARATION else self.passages[index - 1]

    def recorded(self) -> bytes:
        return msgspec.json.encode(self)

    def audio(self) -> Audio:
        data = self.recorded()
        return Audio(hashlib.sha256(data).hexdigest(), len(data))

    def plan(self) -> Plan:
        chunks = []
        start = 0
        for passage in self.passages:
            end = start + round(passage.seconds * SAMPLE_RATE)
            chunks.append(Chunk(start, end))
            start = end
        return Plan(start / SAMPLE_RATE, tuple(chunks))

    def peaks(self) -> Peaks:
        """One for each passage."""
        return Peaks(1.0, bytes(n % 256 for n in range(len(self.passages))))

    def result(self, index: int, chunk: Chunk) -> ChunkResult:
        words = self.passages[index - 1].words
        if not words:
            return ChunkResult(())
        start = chunk.start / SAMPLE_RATE
        each = chunk.seconds / len(words)
        spoken = tuple(
            Word(word, start + n * each, start + (n + 0.9) * each) for n, word in enumerate(words)
        )
        segment = Segment(0, start, spoken[-1].end, " ".join(words), language="en", words=spoken)
        return ChunkResult((segment,), "en", 0.9)


class ScriptedEngine:
    """`library`: scripts by their audio's hash, or the root of a blob store to read them from."""

    name = "local"

    def __init__(self, library: Mapping[str, Script] | str, lanes: int = 1, batch: int = 1) -> None:
        self._library = library
        self.lanes = lanes
        self.batch = batch

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        for order in orders:
            script = self._read(order.audio)
            passage = (
                script.preparation
                if order.index == PREPARATION
                else script.passages[order.index - 1]
            )
            for step in range(1, STEPS + 1):
                await asyncio.sleep(passage.takes / STEPS)
                await self._act(passage.act(order.attempt), step)
                if step < STEPS:
                    yield Progress(order.token, passage.seconds * step / STEPS)
            yield self._outcome(order, script, passage.act(order.attempt))

    def _read(self, audio: Audio) -> Script:
        if isinstance(self._library, str):
            path = Path(self._library) / "blobs" / audio.sha256[:2] / audio.sha256
            return msgspec.json.decode(path.read_bytes(), type=Script)
        return self._library[audio.sha256]

    async def _act(self, act: Act, step: int) -> None:
        """What is not an answer happens half way through."""
        if step != STEPS // 2:
            return
        if act is Act.HANG:
            await asyncio.Event().wait()
        if act is Act.CRASH:
            raise ZeroDivisionError("a bug in the engine")
        if act is Act.DIE:
            os.kill(os.getpid(), signal.SIGKILL)

    def _outcome(self, order: Order, script: Script, act: Act) -> EngineMessage:
        if act is Act.FAIL:
            return Failed(order.token, EngineFailed("it went wrong this time").failure())
        if act is Act.FATAL:
            return Failed(order.token, CorruptMedia("this is no recording").failure())
        if order.chunk is None:
            return Prepared(order.token, script.plan(), "scripted", "script", peaks=script.peaks())
        result = script.result(order.index, order.chunk)
        return Transcribed(order.token, result, "scripted", "script")


class MortalEngine(ScriptedEngine):
    """Is spent after so many batches: its worker is to end, and another to begin."""

    def __init__(
        self, library: Mapping[str, Script] | str, lanes: int = 1, batch: int = 1, good_for: int = 3
    ) -> None:
        super().__init__(library, lanes, batch)
        self._left = good_for

    @property
    def spent(self) -> bool:
        return self._left <= 0

    async def load(self, model: str) -> None: ...

    async def unload(self, model: str) -> None: ...

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        self._left -= 1
        async with aclosing(super().work(orders)) as news:
            async for item in news:
                yield item
