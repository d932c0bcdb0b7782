"""Finds speech by its energy: speech is louder than its surroundings.

Only the level of each frame is kept, one byte for 30 ms: a megabyte for ten hours. At the end, each
level is compared with the quiet parts of the half minute around it. In doubt a frame is speech: a
model produces little from noise, but a word that is left out is lost.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from typing import Final

from retender.audio.pcm import loudness
from retender.audio.speech_gate import Frame, SpeechGate
from retender.transcript.chunks import Span

STEP: Final = 480
"""Samples in a frame: 30 ms."""

_PAUSE = 8
"""Frames. The closure of a consonant is shorter, and is no pause."""

_SHORTEST = 2

_SCALE = 2
"""Levels are stored in half decibels."""

_AROUND = 167
"""Frames that are compared with the same surroundings: 5 s."""
_REACH = 3
"""The surroundings extend this many times `_AROUND` to each side."""

_QUIET, _LOUD = 0.1, 0.98
"""Quantiles of the levels around a frame: the noise floor, and the level of speech if there is
any."""

_DOUBT = 3, 10
"""Somebody may speak in noise that is almost as loud. If the loud moments are this many decibels
above the floor, all of it counts as speech; steady noise alone has no moments that loud."""

_ENTER, _LEAVE = 5, 3
"""Decibels above the floor at which speech begins, and below which it may end. The level of steady
noise varies by less than one."""

_LOWEST_FLOOR, _HIGHEST_FLOOR = 10, 52
"""Decibels. Sound below the first cannot be understood. Sound well above the second counts as
speech, however steady it is."""


class EnergyDetector:
    def __init__(self) -> None:
        self._rest: array[int] = array("h")
        self._levels = bytearray()
        self._samples = 0

    def feed(self, samples: array[int]) -> None:
        self._samples += len(samples)
        self._rest += samples
        whole = len(self._rest) // STEP * STEP
        for at in range(0, whole, STEP):
            self._levels.append(_level(self._rest[at : at + STEP]))
        del self._rest[:whole]

    def finish(self) -> list[Span]:
        if self._rest:
            self._levels.append(_level(self._rest))
        gate = SpeechGate(STEP, pause=_PAUSE, shortest=_SHORTEST)
        for frame in _frames(self._levels):
            gate.take(frame)
        return gate.finish(self._samples)


def _level(samples: array[int]) -> int:
    return round(_SCALE * 20 * math.log10(max(1.0, loudness(samples))))


def _frames(levels: bytearray) -> Iterator[Frame]:
    for at in range(0, len(levels), _AROUND):
        around = sorted(levels[max(0, at - _REACH * _AROUND) : at + (_REACH + 1) * _AROUND])
        quiet, loud = (around[int(len(around) * part)] / _SCALE for part in (_QUIET, _LOUD))
        floor = min(_HIGHEST_FLOOR, max(_LOWEST_FLOOR, quiet))
        in_doubt = _DOUBT[0] <= loud - floor < _DOUBT[1]
        enter, leave = _SCALE * (floor + _ENTER), _SCALE * (floor + _LEAVE)
        for level in levels[at : at + _AROUND]:
            if in_doubt or level >= enter:
                yield Frame.SPEECH
            else:
                yield Frame.SILENCE if level < leave else Frame.UNDECIDED
