"""Where in a recording somebody speaks.

Two detectors find it, each fed the recording block by block and remembering little of it:

    silero    a small neural network, good at telling speech from other sound; needs onnxruntime
    energy    whatever is louder than its surroundings; needs nothing, for the smallest machines

A detector calls each frame of sound speech, silence, or undecided, and a `Gate` makes spans of
that: undecided frames stay what the ones before were.
"""

from __future__ import annotations

import asyncio
import enum
from array import array
from collections.abc import AsyncGenerator
from typing import Final, Protocol

from retender.audio.limits import SPEECH_BLOCK_SECONDS
from retender.audio.pcm import Pcm
from retender.transcript.chunks import SAMPLE_RATE, Span

BLOCK: Final = SPEECH_BLOCK_SECONDS * SAMPLE_RATE
"""Samples given to a detector at once: some tenths of a second of work, 2 MB of memory."""


class DetectorName(enum.StrEnum):
    SILERO = "silero"
    ENERGY = "energy"


class Detector(Protocol):
    def feed(self, samples: array[int]) -> None:
        """The next samples, however many."""

    def finish(self) -> list[Span]:
        """All spans, in order and apart from each other. To be called once, at the end."""


def new_detector(name: DetectorName) -> Detector:
    """A new one, for one recording. Raises `ModelUnavailable` where its network is missing."""
    if name is DetectorName.SILERO:
        from retender.audio.silero import SileroDetector  # noqa: PLC0415 - 50 MB, where wanted

        return SileroDetector()
    from retender.audio.energy import EnergyDetector  # noqa: PLC0415 - as the other

    return EnergyDetector()


async def detect_speech(pcm: Pcm, speech_detector: Detector) -> AsyncGenerator[float, None]:
    """Feed it all of the recording off the event loop; tells how many seconds it has heard.

    Closing it stops it within a block.
    """
    loop = asyncio.get_running_loop()
    for start in range(0, pcm.samples, BLOCK):
        end = min(pcm.samples, start + BLOCK)
        await loop.run_in_executor(None, _feed, speech_detector, pcm, start, end)
        yield end / SAMPLE_RATE


def _feed(speech_detector: Detector, pcm: Pcm, start: int, end: int) -> None:
    speech_detector.feed(pcm.read(start, end))
