"""An engine with the digits model, at whose desk recordings are handed in."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from retender.audio.decode import DECODED
from retender.engines.api import EngineMessage, Progress
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.preparation import Preparation
from retender.jobs.job import Options
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs, BlobStore
from retender.transcript.chunks import Chunk, Plan, Seam, merge
from retender.transcript.segments import Segment
from retender.workers.orders import Order, Outcome, Prepared, Transcribed
from tests.support.paths import DIGITS
from tests.support.sound.known_words import Speech
from tests.support.sound.media import FFMPEG, wav

DEADLINE = 60.0


class Desk:
    """One job at a time under each name; its upload, its pieces and what came of them."""

    def __init__(self, root: Path, *, blobs: Blobs | None = None, **changes: Any) -> None:
        self.root = root
        self.blobs: Blobs = blobs or BlobStore(root)
        settings = WhisperSettings(
            library=LibrarySettings(
                root=str(root / "models"), folders={"digits": str(DIGITS)}, offline=True
            ),
            default="digits",
        )
        self.engine = WhisperEngine(
            msgspec.structs.replace(settings, **changes),
            blobs=self.blobs,
            preparation=Preparation(ffmpeg=FFMPEG, most_seconds=36_000.0),
        )
        self._tokens = 0

    async def upload(self, speech: Speech) -> Audio:
        async with self.blobs.receive(limit=10**9) as upload:
            await upload.write(wav(speech.samples.tobytes()))
            return await upload.finish(at=0.0)

    def decoded(self, job: str, speech: Speech) -> None:
        """As if it had been prepared elsewhere."""
        (self.blobs.job_folder(job) / DECODED).write_bytes(speech.samples.tobytes())

    def order(
        self,
        job: str = "job",
        *,
        chunk: Chunk | None = None,
        audio: Audio = Audio("0" * 64, 1),  # noqa: B008 - frozen
        **options: Any,
    ) -> Order:
        self._tokens += 1
        return Order(
            token=str(self._tokens),
            job_id=job,
            index=0 if chunk is None else self._tokens,
            attempt=1,
            audio=audio,
            options=Options(**options),
            chunk=chunk,
        )

    async def news(self, *orders: Order) -> list[EngineMessage]:
        async with asyncio.timeout(DEADLINE), aclosing(self.engine.work(orders)) as news:
            return [item async for item in news]

    async def outcomes(self, *orders: Order) -> list[Outcome]:
        """In the order of the orders: exactly one each."""
        ends = [item for item in await self.news(*orders) if not isinstance(item, Progress)]
        by_token = {item.token: item for item in ends}
        assert len(by_token) == len(ends) == len(orders)
        return [by_token[order.token] for order in orders]

    async def heard(self, *orders: Order) -> list[Transcribed]:
        outcomes = await self.outcomes(*orders)
        assert all(isinstance(outcome, Transcribed) for outcome in outcomes), outcomes
        return [outcome for outcome in outcomes if isinstance(outcome, Transcribed)]

    async def plan(self, job: str, speech: Speech, **options: Any) -> Plan:
        order = self.order(job, audio=await self.upload(speech), **options)
        (outcome,) = await self.outcomes(order)
        assert isinstance(outcome, Prepared), outcome
        return outcome.plan

    async def transcript(self, job: str, speech: Speech, **options: Any) -> list[Segment]:
        """The whole way, each lane taking the next batch as it falls free."""
        plan = await self.plan(job, speech, **options)
        waiting = [self.order(job, chunk=chunk, **options) for chunk in plan.chunks]
        orders = list(waiting)
        told: dict[str, Transcribed] = {}

        async def lane() -> None:
            while waiting:
                batch = waiting[: self.engine.batch]
                del waiting[: self.engine.batch]
                told.update({item.token: item for item in await self.heard(*batch)})

        async with asyncio.TaskGroup() as group:
            for _ in range(self.engine.lanes):
                group.create_task(lane())
        seam, segments = Seam(), list[Segment]()
        for order in orders:
            assert order.chunk is not None
            seam, more = merge(seam, order.chunk, told[order.token].result)
            segments += more
        return segments


def words_of(segments: Sequence[Segment]) -> list[str]:
    return " ".join(segment.text for segment in segments).split()


def mistakes(speech: Speech, segments: Sequence[Segment]) -> list[tuple[list[str], list[str]]]:
    """What was said, and what was heard instead."""
    heard = words_of(segments)
    same = difflib.SequenceMatcher(None, speech.words, heard, autojunk=False)
    return [
        (list(speech.words[a:b]), heard[c:d])
        for what, a, b, c, d in same.get_opcodes()
        if what != "equal"
    ]


def whole(speech: Speech) -> Chunk:
    return Chunk(0, len(speech.samples))
