"""The first piece of every job that is decoded here: samples, where speech is, how to cut it.

Whatever engine does the rest, this is the same. Done again after a crash, it finds what is whole
and goes on from there; the same recording comes to the same plan each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, TypeVar

import msgspec

from retender.audio.decode import decode
from retender.audio.pcm import Pcm
from retender.audio.speech import DetectorName, detector, listen
from retender.blobs import BlobStore
from retender.chunks import SAMPLE_RATE, Span, plan
from retender.engines.api import News, Progress
from retender.errors import Failure, RetenderError, StorageFull, WorkError
from retender.work import Broke, Order, Prepared

R = TypeVar("R")

SIGN_OF_LIFE: Final = 5.0
"""Seconds of decoding between two of them."""


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    ffmpeg: str
    """Where it is: `retender.audio.ffmpeg.find`."""
    most_seconds: float
    """Longer recordings are refused."""
    window: int = 30 * SAMPLE_RATE
    """The most that the model hears at once, in samples."""
    detector: DetectorName = DetectorName.SILERO


async def prepare(order: Order, blobs: BlobStore, how: Preparation) -> AsyncGenerator[News, None]:
    """Ends with `Prepared` or `Broke`. Closing it stops ffmpeg before it returns."""
    try:
        async with aclosing(_steps(order, blobs, how)) as steps:
            async for news in steps:
                yield news
    except WorkError as error:
        yield Broke(order.token, error.failure())
    except StorageFull as error:
        yield Broke(order.token, _for_want_of_room(error))


async def _steps(order: Order, blobs: BlobStore, how: Preparation) -> AsyncGenerator[News, None]:
    alive = Progress(order.token, 0.0)
    decoding = asyncio.create_task(_decoded(order, blobs, how))
    try:
        while not decoding.done():
            yield alive
            await asyncio.wait((decoding,), timeout=SIGN_OF_LIFE)
        pcm = decoding.result()
    finally:
        decoding.cancel()
        await asyncio.gather(decoding, return_exceptions=True)
    spans = [Span(0, pcm.samples)]
    if order.options.vad:
        ear = detector(how.detector)
        async with aclosing(listen(pcm, ear)) as heard:
            async for _ in heard:
                yield alive
        spans = await _off_the_loop(ear.finish)
    planned = await _off_the_loop(
        lambda: plan(spans, pcm.samples, how.window, quietest=pcm.quietest)
    )
    yield Prepared(order.token, planned)


async def _decoded(order: Order, blobs: BlobStore, how: Preparation) -> Pcm:
    return await decode(
        blobs.path(order.audio),
        blobs.job_folder(order.job_id),
        binary=how.ffmpeg,
        most_seconds=how.most_seconds,
        cleaning=order.options.cleaning,
    )


def _for_want_of_room(error: RetenderError) -> Failure:
    """Room may be made in time; what the job has is not spoilt by the lack of it."""
    return Failure(error.code, error.message, retryable=True, retry_after=error.retry_after)


async def _off_the_loop(work: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(None, work)
