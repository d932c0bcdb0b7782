"""A decoded recording: one file of samples, 16 kHz, mono, 16 bits, little-endian."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from operator import sub
from pathlib import Path
from typing import Final

import msgspec

from retender.transcript.chunks import SAMPLE_RATE

SAMPLE_BYTES: Final = 2
BYTES_PER_SECOND: Final = SAMPLE_RATE * SAMPLE_BYTES

LOWEST: Final = -(1 << 15)
"""What ffmpeg makes of a sample that is not a number."""

_LOOKS = 64
_LOOK_SAMPLES = 1024
_MOST_LOWEST = 0.9

_QUIET_STEP = SAMPLE_RATE // 100
_QUIET_STEPS = 10
"""A place to cut is quiet for a tenth of a second."""


class Pcm(msgspec.Struct, frozen=True):
    path: Path
    samples: int

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE

    @classmethod
    def at(cls, path: Path) -> Pcm:
        return cls(path, path.stat().st_size // SAMPLE_BYTES)

    def read(self, start: int, end: int) -> array[int]:
        """The samples between; fewer where the recording ends."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start * SAMPLE_BYTES)
            return samples_from_bytes(file.read(max(0, end - start) * SAMPLE_BYTES))

    def blocks(self, samples: int) -> Iterator[array[int]]:
        """All of it, so many samples at a time; the last block may be shorter."""
        for start in range(0, self.samples, samples):
            yield self.read(start, min(self.samples, start + samples))

    def quietest(self, start: int, end: int) -> int:
        """The middle of the quietest tenth of a second between; of equals the most central."""
        begin, end = max(0, start), min(self.samples, end)
        middle = (begin + end) // 2
        sound = self.read(begin, end)
        steps = [loudness(sound[at : at + _QUIET_STEP]) for at in range(0, len(sound), _QUIET_STEP)]
        half = _QUIET_STEPS * _QUIET_STEP // 2
        places = [
            (sum(steps[n : n + _QUIET_STEPS]), abs(begin + n * _QUIET_STEP + half - middle), n)
            for n in range(len(steps) - _QUIET_STEPS + 1)
        ]
        return begin + min(places)[2] * _QUIET_STEP + half if places else middle

    def is_not_audio(self) -> bool:
        """Its samples were not numbers. A look at parts of it is enough to tell."""
        step = max(_LOOK_SAMPLES, self.samples // _LOOKS)
        seen = lowest = 0
        for start in range(0, self.samples, step):
            part = self.read(start, min(self.samples, start + _LOOK_SAMPLES))
            seen += len(part)
            lowest += part.count(LOWEST)
        return lowest > _MOST_LOWEST * seen


def samples_from_bytes(data: bytes) -> array[int]:
    samples = array("h", data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def loudness(samples: array[int]) -> float:
    """How loud it is: how much every fourth sample differs from the one before, on average.

    Differences, because an offset and the hum of the mains count for little in them; every fourth
    sample, because that is enough, four times as fast, and keeps the voice's part of them large.
    """
    every = samples[::4]
    steps = max(1, len(every) - 1)
    total: int = sum(map(abs, map(sub, every[1:], every)))
    return total / steps
