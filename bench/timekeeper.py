"""An engine that only keeps time. Every step it makes is noted in a file, with its moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from retender.engines.api import EngineMessage, Progress
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment
from retender.workers.orders import Order, Prepared, Transcribed

STEPS: Final = 10
"""In each chunk; its last one is its end."""
SECONDS: Final = 10.0
DIARY: Final = "diary"
START: Final = "start"


class Timekeeper:
    """Begins when there is a file `start`, so that those who want to watch are there in time."""

    name = "local"
    lanes = 1
    batch = 1

    def __init__(self, folder: str, chunks: int, pace: float) -> None:
        self._folder = Path(folder)
        self._chunks = chunks
        self._pace = pace

    async def open(self) -> None:
        self._diary = (self._folder / DIARY).open("a", buffering=1)

    async def close(self) -> None:
        self._diary.close()

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        for order in orders:
            if order.chunk is None:
                while not (self._folder / START).exists():  # noqa: ASYNC110 - another process makes it
                    await asyncio.sleep(0.1)
                yield Prepared(order.token, self._plan(), "paced", "paced")
                continue
            for step in range(1, STEPS):
                await self._note(order.index, step)
                yield Progress(order.token, SECONDS * step / STEPS)
            await self._note(order.index, STEPS)
            start = order.chunk.start / SAMPLE_RATE
            segment = Segment(0, start, start + SECONDS, "as it was to be expected")
            yield Transcribed(order.token, ChunkResult((segment,), "en", 1.0), "paced", "paced")

    async def _note(self, index: int, step: int) -> None:
        await asyncio.sleep(self._pace)
        done = (index - 1 + step / STEPS) / self._chunks
        self._diary.write(f"{100 * done:.1f} {time.time()}\n")

    def _plan(self) -> Plan:
        each = round(SECONDS * SAMPLE_RATE)
        chunks = tuple(Chunk(n * each, (n + 1) * each) for n in range(self._chunks))
        return Plan(self._chunks * SECONDS, chunks)
