"""Packs stretches of speech into chunks.

A model that takes as long for a short chunk as for a long one gets as few chunks as its window
allows. A model whose work grows with the audio gets chunks of about a given length that end in
good pauses: a cut inside a sentence costs words, and so does a very long chunk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

SECOND: Final = 16_000
"""One second in samples."""

LONGEST_PAUSE: Final = 8 * SECOND
"""Samples: a longer pause always ends a chunk, as models invent text in silence."""

_SENTENCE_PAUSE: Final = SECOND
"""Samples: a longer pause is no better place to cut."""

_PAUSE_WEIGHT: Final = 0.1
"""The weight of good pauses against chunks of equal length."""

_SHORTEST_INPUT: Final = 10.0
"""In less, Whisper says the same again and again."""

_SILENCE_AFTER: Final = 2.0
"""Whisper was trained on windows that end in silence: without any it goes on writing."""

_INPUT_STEP: Final = 5.0

_BESIDE: Final = 3.0
"""A chunk costs the seconds that the model is given, and so much for the start of its text."""

_HURRIED: Final = 6.0
"""The cost of a cut without a pause, in seconds of audio."""

_TOO_LONG: Final = 1.0
"""The cost of each second beyond the length aimed at."""

_LONG_RECORDING: Final = 60 * SECOND
_FIRST: Final = 8 * SECOND
_LATER: Final = 2.0
"""In a long recording, the cost of each second of the first chunk beyond `_FIRST`: until that chunk
has its text, there is nothing to read."""


class Stretch(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class Group(NamedTuple):
    """Stretches `first` to `last`, and all between."""

    first: int
    last: int


def input_seconds(sound: float) -> float:
    """How much a model whose work grows with the audio is given for so many seconds of sound.

    Only equally long inputs can share a batch. So each is made as long as the next step, by a rule
    of its own: none sounds different for its neighbours' sake."""
    steps = math.ceil((sound + _SILENCE_AFTER) / _INPUT_STEP)
    return max(_SHORTEST_INPUT, steps * _INPUT_STEP)


class _Best(NamedTuple):
    """The cheapest way to pack the first parts, and where its last group begins."""

    chunks: int
    cost: float
    begins: int


class _Rules(NamedTuple):
    """In samples, as in `pack`."""

    window: int
    aim: int
    around: int
    soon: bool
    """The first chunk is a short one."""


def pack(parts: Sequence[Stretch], window: int, aim: int = 0, *, around: int = 0) -> list[Group]:
    """The groups in order; none lasts longer than the window. `aim`: 0 for as few as possible.
    `around`: samples that a chunk may have beside its group."""
    best = [_Best(0, 0.0, 0)]
    soon = bool(aim and parts) and parts[-1].end - parts[0].start > _LONG_RECORDING
    rules = _Rules(window, aim, around, soon)
    for upto in range(1, len(parts) + 1):
        best.append(min(_ways(parts, best, upto, rules)))
    groups: list[Group] = []
    upto = len(parts)
    while upto:
        begins = best[upto].begins
        groups.append(Group(begins, upto - 1))
        upto = begins
    return groups[::-1]


def _ways(
    parts: Sequence[Stretch], best: Sequence[_Best], upto: int, rules: _Rules
) -> Iterator[_Best]:
    """Each group that may end with this part, after the best packing of all before it."""
    end = parts[upto - 1].end
    pause = parts[upto].start - end if upto < len(parts) else _SENTENCE_PAUSE
    hurry = 1 - min(1.0, max(0, pause) / _SENTENCE_PAUSE)
    for begins in range(upto - 1, -1, -1):
        length = end - parts[begins].start
        if length > rules.window:
            return
        before = best[begins]
        if rules.aim:
            cost = before.cost + _work(length, rules) + _HURRIED * hurry
            if rules.soon and not begins:
                cost += _LATER * max(0, length - _FIRST) / SECOND
            yield _Best(0, cost, begins)
        else:
            cost = before.cost + (length / rules.window) ** 2 + _PAUSE_WEIGHT * hurry
            yield _Best(before.chunks + 1, cost, begins)
        if begins and parts[begins].start - parts[begins - 1].end > LONGEST_PAUSE:
            return


def _work(length: int, rules: _Rules) -> float:
    too_long = max(0, length - rules.aim) / SECOND
    given = input_seconds((length + rules.around) / SECOND)
    return given + _BESIDE + _TOO_LONG * too_long
