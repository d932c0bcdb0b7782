"""Speech is what is louder than what goes on around it.

Of each frame only its level is kept, a byte for 30 ms: a megabyte for ten hours. When all have
been heard, each is held against the level of the quiet parts of half a minute around it. In doubt
it is speech: a model makes little of noise, but a word left out is lost.
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
"""Frames; the closure of a consonant is no pause."""

_SHORTEST = 2

_SCALE = 2
"""Levels are stored in half decibels."""

_AROUND = 167
"""Frames for which the surroundings are taken to be the same: 5 s."""
_REACH = 3
"""How many times that, to either side, the surroundings are."""

_QUIET, _LOUD = 0.1, 0.98
"""Their quiet tenth is their floor, and the loud fiftieth is who speaks, if somebody does."""

_DOUBT = 3, 10
"""Somebody may speak in noise that is almost as loud. Where the loud moments are so many decibels
above the floor, all of it is speech; even noise alone has none that loud."""

_ENTER, _LEAVE = 5, 3
"""Decibels above the floor at which speech begins, and below which it may end. The level of even
noise wavers by less than one."""

_LOWEST_FLOOR, _HIGHEST_FLOOR = 10, 52
"""Decibels. Below the one is nothing that could be understood; what is well above the other is
taken for speech however steady it is."""


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
