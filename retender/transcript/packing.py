"""Which stretches of speech go into one chunk.

For a model that works as long on a short chunk as on a long one, as few chunks as its window
allows. For one whose work grows with the sound, chunks of about a given length that end in good
pauses: a cut inside a sentence costs words, and so does a chunk that is very long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

SECOND: Final = 16_000
"""In samples."""

LONGEST_PAUSE: Final = 8 * SECOND
"""A longer pause always ends a chunk: models make up text in silence."""

_SENTENCE_PAUSE: Final = SECOND
"""Longer pauses are no better to cut at."""

_PAUSE_WEIGHT: Final = 0.1
"""How much a good pause counts against even chunks."""

_LEAST: Final = 10.0
_BESIDE: Final = 5.0
"""What a chunk costs, in seconds of work on sound: its own, the silence after it and the beginning
of its text; and never less than the least that the model is given."""

_HURRIED: Final = 6.0
"""What a cut without a pause costs, in the same."""

_TOO_LONG: Final = 0.5
"""And each second beyond the length that is aimed at."""


class Stretch(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class Group(NamedTuple):
    """Stretches `first` to `last`, and all between."""

    first: int
    last: int


class _Best(NamedTuple):
    """The cheapest way to pack the first parts, and where its last group begins."""

    chunks: int
    cost: float
    begins: int


def pack(parts: Sequence[Stretch], window: int, aim: int = 0) -> list[Group]:
    """In order; no group lasts longer than the window. `aim`: 0 for as few groups as can be."""
    best = [_Best(0, 0.0, 0)]
    for upto in range(1, len(parts) + 1):
        best.append(min(_ways(parts, best, upto, window, aim)))
    groups: list[Group] = []
    upto = len(parts)
    while upto:
        begins = best[upto].begins
        groups.append(Group(begins, upto - 1))
        upto = begins
    return groups[::-1]


def _ways(
    parts: Sequence[Stretch], best: Sequence[_Best], upto: int, window: int, aim: int
) -> Iterator[_Best]:
    """Each group that may end with this part, after the best packing of all before it."""
    end = parts[upto - 1].end
    pause = parts[upto].start - end if upto < len(parts) else _SENTENCE_PAUSE
    hurry = 1 - min(1.0, max(0, pause) / _SENTENCE_PAUSE)
    for begins in range(upto - 1, -1, -1):
        length = end - parts[begins].start
        if length > window:
            return
        before = best[begins]
        if aim:
            yield _Best(0, before.cost + _work(length, aim) + _HURRIED * hurry, begins)
        else:
            cost = before.cost + (length / window) ** 2 + _PAUSE_WEIGHT * hurry
            yield _Best(before.chunks + 1, cost, begins)
        if begins and parts[begins].start - parts[begins - 1].end > LONGEST_PAUSE:
            return


def _work(length: int, aim: int) -> float:
    too_long = max(0, length - aim) / SECOND
    return max(_LEAST, length / SECOND) + _BESIDE + _TOO_LONG * too_long
