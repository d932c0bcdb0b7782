"""Finds where somebody speaks in a recording.

There are two detectors. Each receives the recording block by block and remembers little of it:

    silero    a small neural network, good at telling speech from other sound; needs onnxruntime
    energy    finds what is louder than its surroundings; needs nothing, for the smallest machines

A detector marks each frame as speech, silence or undecided. A `SpeechGate` makes spans of that;
undecided frames count as what came before them.
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
"""Samples given to a detector at once: tenths of a second of work, 2 MB of memory."""


class DetectorName(enum.StrEnum):
    SILERO = "silero"
    ENERGY = "energy"


class Detector(Protocol):
    def feed(self, samples: array[int]) -> None:
        """The next samples, however many."""

    def finish(self) -> list[Span]:
        """All spans, in order, with gaps between them. Called one time, at the end."""


def new_detector(name: DetectorName, threads: int = 1) -> Detector:
    """A detector for one recording. `threads` may be used by its network. Raises `ModelUnavailable`
    if that is missing."""
    if name is DetectorName.SILERO:
        from retender.audio.silero import SileroDetector  # noqa: PLC0415 - 50 MB, only if needed

        return SileroDetector(threads)
    from retender.audio.energy import EnergyDetector  # noqa: PLC0415 - likewise

    return EnergyDetector()


async def detect_speech(pcm: Pcm, detector: Detector) -> AsyncGenerator[float, None]:
    """Feed the recording to the detector in threads. Yields how many seconds are done.

    Closing it stops it after the present block.
    """
    for start in range(0, pcm.samples, BLOCK):
        end = min(pcm.samples, start + BLOCK)
        await asyncio.to_thread(_feed, detector, pcm, start, end)
        yield end / SAMPLE_RATE


def _feed(detector: Detector, pcm: Pcm, start: int, end: int) -> None:
    detector.feed(pcm.read(start, end))
