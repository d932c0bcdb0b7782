"""What the Groq engine does with recordings on this machine: probe, decode, encode."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from retender.audio.encode import flac
from retender.audio.pcm import Pcm
from retender.audio.probe import probe
from retender.engines.messages import Beat
from retender.engines.preparation import Preparation, prepare
from retender.storage.blobs import Blobs
from retender.transcript.chunks import Chunk
from retender.workers.orders import Order, Prepared


class AudioTools:
    def __init__(self, blobs: Blobs, how: Preparation) -> None:
        self._blobs = blobs
        self._how = how

    @property
    def most_seconds(self) -> float:
        """Longer recordings are rejected when they are decoded."""
        return self._how.most_seconds

    async def seconds(self, upload: Path) -> float:
        """The duration, found without decoding."""
        return (await probe(upload, binary=self._how.ffmpeg)).duration

    async def prepare(self, order: Order, window: int, beat: Beat) -> Prepared:
        """Decode the upload into its job's folder and plan chunks of at most `window` samples."""
        how = msgspec.structs.replace(self._how, window=window)
        return await prepare(order, self._blobs, how, beat)

    async def encode(self, pcm: Path, chunk: Chunk, target: Path) -> None:
        decoded = await asyncio.to_thread(Pcm.at, pcm)
        await flac(decoded, chunk, target, binary=self._how.ffmpeg)
