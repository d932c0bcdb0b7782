"""The peaks of a recording, from which a player draws its waveform without decoding anything.

The recording is divided into equal steps, and of each the loudest sample is kept, with its sign, in
one byte. A longer recording has longer steps, so that there are never more than `MOST_PEAKS`.
"""

from __future__ import annotations

import math
from array import array
from typing import Final

import msgspec

from retender.audio.limits import MOST_PEAKS
from retender.audio.pcm import Pcm
from retender.transcript.chunks import SAMPLE_RATE

PEAKS_PER_SECOND: Final = 20

_LOUDEST: Final = 127
_SCALE: Final = (1 << 15) // (_LOUDEST + 1)
_BLOCK: Final = 60 * SAMPLE_RATE
_EVERY: Final = 4
"""Every fourth sample is looked at: four times as fast, and a waveform looks the same."""


class Peaks(msgspec.Struct, frozen=True):
    per_second: float
    values: bytes
    """From -127 to 127, in two's complement."""

    @property
    def levels(self) -> list[float]:
        """From -1 to 1, with two decimals."""
        return [round(value / _LOUDEST, 2) for value in array("b", self.values)]


class PeakMeter:
    def __init__(self, pcm: Pcm) -> None:
        self._pcm = pcm
        shortest = SAMPLE_RATE // PEAKS_PER_SECOND
        self._step = max(shortest, math.ceil(pcm.samples / MOST_PEAKS))
        self._block = max(1, _BLOCK // self._step) * self._step
        self._at = 0
        self._values = array("b")

    def advance(self) -> bool:
        """Look at the next minute or so; False at the end. Blocks, and belongs on a thread."""
        samples = self._pcm.read(self._at, min(self._pcm.samples, self._at + self._block))
        for start in range(0, len(samples), self._step):
            self._values.append(_peak(samples[start : start + self._step : _EVERY]))
        self._at += self._block
        return self._at < self._pcm.samples

    def peaks(self) -> Peaks:
        """Of what was looked at."""
        return Peaks(SAMPLE_RATE / self._step, self._values.tobytes())


def _peak(samples: array[int]) -> int:
    high, low = max(samples), min(samples)
    loudest = high if high >= -low else low
    return max(-_LOUDEST, min(_LOUDEST, round(loudest / _SCALE)))
