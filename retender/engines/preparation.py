"""The preparation of a job: decode the recording, find speech, cut it into chunks.

It is the same for every engine. After a crash it continues with the files that are complete. The
same recording results in the same plan each time.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from typing import Final

import msgspec

from retender.audio.decode import DECODED, decode
from retender.audio.pcm import Pcm
from retender.audio.peaks import PeakMeter, Peaks
from retender.audio.speech import DetectorName, detect_speech, new_detector
from retender.engines.messages import Beat, with_heartbeats
from retender.storage.blobs import Blobs
from retender.transcript.chunks import SAMPLE_RATE, Plan, Span, plan
from retender.workers.orders import Order, Prepared

HEARTBEAT_SECONDS: Final = 5.0
"""Seconds between two heartbeats while decoding."""


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    ffmpeg: str
    """The path of ffmpeg: `retender.audio.ffmpeg.find`."""
    most_seconds: float
    """Longer recordings are rejected."""
    window: int = 30 * SAMPLE_RATE
    """The longest chunk that the model takes, in samples."""
    aim: int = 0
    """The best length of a chunk, in samples; 0: as long as the window."""
    detector: DetectorName = DetectorName.SILERO
    threads: int = 1
    """Threads of the detector."""


async def prepare(order: Order, blobs: Blobs, how: Preparation, beat: Beat) -> Prepared:
    """Raises `WorkError` or `StorageTrouble`. If it is cancelled, it stops ffmpeg before it
    returns."""
    async with AsyncExitStack() as lent:
        decoding = _decoded(order, blobs, how, lent)
        pcm = await with_heartbeats(decoding, beat, HEARTBEAT_SECONDS)
        measuring = asyncio.create_task(_peaks(pcm, beat))
        try:
            planned = await _plan(pcm, how, beat, vad=order.options.vad)
            peaks = await measuring
        finally:
            measuring.cancel()
            await asyncio.wait((measuring,))
    return Prepared(order.token, planned, peaks=peaks)


async def _plan(pcm: Pcm, how: Preparation, beat: Beat, *, vad: bool) -> Plan:
    spans = [Span(0, pcm.samples)]
    if vad:
        detector = new_detector(how.detector, how.threads)
        async with aclosing(detect_speech(pcm, detector)) as blocks:
            async for _ in blocks:
                await beat()
        spans = await asyncio.to_thread(detector.finish)
    return await asyncio.to_thread(
        lambda: plan(spans, pcm.samples, how.window, aim=how.aim, quietest=pcm.quietest)
    )


async def _peaks(pcm: Pcm, beat: Beat) -> Peaks:
    meter = PeakMeter(pcm)
    while await asyncio.to_thread(meter.advance):
        await beat()
    return meter.peaks()


async def _decoded(order: Order, blobs: Blobs, how: Preparation, lent: AsyncExitStack) -> Pcm:
    """The decoded audio: shared, and lent until `lent` is closed."""
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
