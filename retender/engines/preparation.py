"""The first piece of every job that is decoded here: samples, where speech is, how to cut it.

Whatever engine does the rest, this is the same. Done again after a crash, it finds what is whole
and goes on from there; the same recording comes to the same plan each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Final, TypeVar

import msgspec

from retender.audio.decode import DECODED, decode
from retender.audio.pcm import Pcm
from retender.audio.speech import DetectorName, detect_speech, new_detector
from retender.engines.api import EngineMessage, Progress
from retender.errors import StorageTrouble, WorkError
from retender.storage.blobs import Blobs
from retender.transcript.chunks import SAMPLE_RATE, Span, plan
from retender.workers.orders import Failed, Order, Prepared

R = TypeVar("R")

HEARTBEAT_SECONDS: Final = 5.0
"""Seconds of decoding between two of them."""


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    ffmpeg: str
    """Where it is: `retender.audio.ffmpeg.find`."""
    most_seconds: float
    """Longer recordings are refused."""
    window: int = 30 * SAMPLE_RATE
    """The most that the model hears at once, in samples."""
    aim: int = 0
    """How long chunks are best, in samples; 0: as long as the window."""
    detector: DetectorName = DetectorName.SILERO


async def prepare(
    order: Order, blobs: Blobs, how: Preparation
) -> AsyncGenerator[EngineMessage, None]:
    """Ends with `Prepared` or `Broke`. Closing it stops ffmpeg before it returns."""
    try:
        async with aclosing(_steps(order, blobs, how)) as steps:
            async for news in steps:
                yield news
    except (WorkError, StorageTrouble) as error:
        yield Failed(order.token, error.failure())


async def _steps(
    order: Order, blobs: Blobs, how: Preparation
) -> AsyncGenerator[EngineMessage, None]:
    alive = Progress(order.token, 0.0)
    async with AsyncExitStack() as lent:
        decoding = asyncio.create_task(_decoded(order, blobs, how, lent))
        try:
            while not decoding.done():
                yield alive
                await asyncio.wait((decoding,), timeout=HEARTBEAT_SECONDS)
            pcm = decoding.result()
        finally:
            decoding.cancel()
            await asyncio.gather(decoding, return_exceptions=True)
        spans = [Span(0, pcm.samples)]
        if order.options.vad:
            speech_detector = new_detector(how.detector)
            async with aclosing(detect_speech(pcm, speech_detector)) as heard:
                async for _ in heard:
                    yield alive
            spans = await asyncio.to_thread(speech_detector.finish)
        planned = await asyncio.to_thread(
            lambda: plan(spans, pcm.samples, how.window, aim=how.aim, quietest=pcm.quietest)
        )
        yield Prepared(order.token, planned)


async def _decoded(order: Order, blobs: Blobs, how: Preparation, lent: AsyncExitStack) -> Pcm:
    """Lent until `lent` is closed, and shared."""
    folder = await lent.enter_async_context(blobs.lend_work(order.job_id, DECODED))
    if await asyncio.to_thread((folder / DECODED).exists):
        pcm = await asyncio.to_thread(lambda: Pcm.at(folder / DECODED))
    else:
        async with blobs.lend(order.audio) as upload:
            pcm = await decode(
                upload,
                folder,
                binary=how.ffmpeg,
                most_seconds=how.most_seconds,
                cleaning=order.options.cleaning,
            )
    await blobs.share(order.job_id, DECODED)
    return pcm
