"""What the model should answer to a window, and where each part of the answer is heard.

- A segment begins and ends with a timestamp, on a grid of a tenth of a second. The first one of
  a window begins after one second at most, however long the silence before it: a later first
  timestamp is never believed by Whisper's decoding.
- A segment that the window cuts ends where its last whole word does, and another timestamp after
  that says from where to listen again.
- A segment after the first that has no whole word, or is cut at all, is only announced by its
  start: the next window has all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from models.digits.train.corpus import Description, Word
from models.digits.train.windows import SECONDS
from models.digits.train.words import LAYOUT, TOKENS

LATEST_START = 1.0
_GRID = 5
"""Timestamp tokens in a tenth of a second."""

_LAST = 50 * SECONDS
_EDGE = 0.03
_ANNOUNCED = 0.1
_END_SECONDS = 0.6


Rounding = Callable[[float], int]

_HAIRS: Mapping[Rounding, float] = {math.floor: 1e-6, math.ceil: -1e-6, round: 0.0}
"""What stands on the grid stays there, whatever the error of floats."""


class Heard(NamedTuple):
    """The answer's token at `place` is heard from `start` to `end`."""

    place: int
    start: float
    end: float


class Answer(NamedTuple):
    tokens: tuple[int, ...]
    heard: tuple[Heard, ...]
    """The words in order; the end of the answer, if there is any word, comes last."""


class NothingWhole(ValueError):
    """The window has speech and no whole word of it: there is no right answer."""


def timed(description: Description) -> Answer:
    writing = _Writing()
    first = True
    for segment in description.segments:
        whole = _whole(segment)
        cut = len(whole) < len(segment)
        if first and not whole:
            if segment[0].start < SECONDS:
                raise NothingWhole
            break
        if cut and not first:
            if whole or segment[0].start < SECONDS - _ANNOUNCED:
                writing.time(segment[0].start, math.floor)
            break
        begun = min(segment[0].start, LATEST_START) if first else segment[0].start
        start = writing.time(begun, math.floor)
        writing.words(whole)
        first = False
        if cut:
            writing.time(whole[-1].end, round, least=start + 1)
            writing.time(segment[len(whole)].start, round, least=writing.last)
            break
        writing.time(min(segment[-1].end, SECONDS), math.ceil)
    if not description.segments:
        writing.time(0.0, math.floor)
    return writing.answer(description)


def untimed(description: Description) -> Answer:
    writing = _Writing()
    writing.tokens.append(LAYOUT.no_timestamps)
    for segment in description.segments:
        whole = _whole(segment)
        writing.words(whole)
        if len(whole) < len(segment):
            break
    return writing.answer(description)


def _whole(segment: Sequence[Word]) -> list[Word]:
    return [word for word in segment if word.end <= SECONDS - _EDGE]


class _Writing:
    def __init__(self) -> None:
        self.tokens: list[int] = []
        self._heard: list[Heard] = []

    @property
    def last(self) -> int:
        return self.tokens[-1]

    def time(self, seconds: float, rounded: Rounding, *, least: int = 0) -> int:
        steps = rounded(seconds * 50 / _GRID + _HAIRS[rounded]) * _GRID
        token = max(least, LAYOUT.first_timestamp + min(max(steps, 0), _LAST))
        self.tokens.append(token)
        return token

    def words(self, words: Sequence[Word]) -> None:
        for word in words:
            self._heard.append(Heard(len(self.tokens), word.start, word.end))
            self.tokens.append(TOKENS[word.number])

    def answer(self, description: Description) -> Answer:
        if self._heard:
            last = self._heard[-1].end
            end = min(last + _END_SECONDS, description.frames / 100)
            self._heard.append(Heard(len(self.tokens), last, end))
        return Answer((*self.tokens, LAYOUT.end_of_text), tuple(self._heard))
