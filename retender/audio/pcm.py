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
"""ffmpeg writes this sample for a value that is not a number."""

_PARTS = 64
_PART_SAMPLES = 1024
_MOST_LOWEST = 0.9

_QUIET_STEP = SAMPLE_RATE // 100
_QUIET_STEPS = 10
"""A place to cut is the quietest tenth of a second."""


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
        """The samples from `start` to `end`; fewer at the end of the recording."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start * SAMPLE_BYTES)
            return samples_from_bytes(file.read(max(0, end - start) * SAMPLE_BYTES))

    def blocks(self, samples: int) -> Iterator[array[int]]:
        """The whole recording in blocks of so many samples; the last one may be shorter."""
        for start in range(0, self.samples, samples):
            yield self.read(start, min(self.samples, start + samples))

    def quietest(self, start: int, end: int) -> int:
        """The middle of the quietest tenth of a second in this range; of equal ones the most
        central."""
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
        """True if the samples were not numbers. Only parts of the recording are looked at."""
        step = max(_PART_SAMPLES, self.samples // _PARTS)
        seen = lowest = 0
        for start in range(0, self.samples, step):
            part = self.read(start, min(self.samples, start + _PART_SAMPLES))
            seen += len(part)
            lowest += part.count(LOWEST)
        return lowest > _MOST_LOWEST * seen


def samples_from_bytes(data: bytes) -> array[int]:
    samples = array("h", data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def loudness(samples: array[int]) -> float:
    """The average difference between every fourth sample and the previous one of these.

    Differences, because an offset and mains hum have little effect on them. Every fourth sample,
    because that is enough, four times as fast, and keeps the share of the voice large.
    """
    every = samples[::4]
    steps = max(1, len(every) - 1)
    total: int = sum(map(abs, map(sub, every[1:], every)))
    return total / steps
