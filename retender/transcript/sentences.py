"""Cuts text into segments short enough for subtitles: sentences, or parts of long ones."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec

from retender.transcript.segments import Segment, Word, spread

LONGEST: Final = 12.0
"""Seconds: a longer segment is cut, unless it is a single word."""

_WORTH_ENDING: Final = 2.0
"""Seconds: a shorter sentence may share its segment with the next."""

_PAUSE: Final = 1.0
_ENDS: Final = tuple(".?!…。！？｡")  # noqa: RUF001 - the characters of other scripts are intended
_BREATHS: Final = (*_ENDS, *",;:，、；：")  # noqa: RUF001 - as above
_BREATH_WEIGHT: Final = 3.0

# Scripts without spaces between words: a word may end at this punctuation.
_UNSPACED: Final = "。！？｡，、；："  # noqa: RUF001 - as above
_TOKEN: Final = re.compile(f"[^\\s{_UNSPACED}]*[{_UNSPACED}]+|[^\\s{_UNSPACED}]+")


class Timed(Protocol):
    """A word, as written, and when it was said."""

    @property
    def text(self) -> str: ...

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


W = TypeVar("W", bound=Timed)


def sentences(words: Sequence[W]) -> list[list[W]]:
    """The words in groups, in order. Every word is in exactly one group."""
    groups: list[list[W]] = []
    for word in words:
        if not groups or _ends(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    return [part for group in groups for part in _cut(group)]


def in_sentences(segment: Segment) -> list[Segment]:
    """The segment itself, or its sentences if it is too long for a subtitle. The texts of the
    sentences together are the text of the segment."""
    if segment.end - segment.start <= LONGEST:
        return [segment]
    groups = sentences(_tokens(segment))
    words = _words_of_groups(segment.words, groups)
    return [
        msgspec.structs.replace(
            segment,
            start=group[0].start,
            end=group[-1].end,
            text=segment.text[group[0].begins : group[-1].upto],
            words=group_words,
        )
        for group, group_words in zip(groups, words, strict=True)
    ]


class _Token(NamedTuple):
    text: str
    start: float
    end: float
    begins: int
    upto: int
    """Its slice of the segment's text is `[begins:upto]`."""


def _tokens(segment: Segment) -> list[_Token]:
    found = list(_TOKEN.finditer(segment.text))
    timed: Sequence[Word] = segment.words
    if len(timed) != len(found):
        timed = spread([each.group() for each in found], segment.start, segment.end)
    limits = [*(word.start for word in timed), segment.end][1:]
    return [
        _Token(each.group(), word.start, min(word.end, limit), *each.span())
        for each, word, limit in zip(found, timed, limits, strict=True)
    ]


def _words_of_groups(
    words: Sequence[Word], groups: Sequence[Sequence[_Token]]
) -> list[tuple[Word, ...]]:
    """The words of each group: one for each token if the counts agree, else by their times."""
    if len(words) == sum(map(len, groups)):
        rest = iter(words)
        return [tuple(next(rest) for _ in group) for group in groups]
    starts = [group[0].start for group in groups]
    found: list[list[Word]] = [[] for _ in groups]
    for word in words:
        found[max(0, bisect_right(starts, (word.start + word.end) / 2) - 1)].append(word)
    return [tuple(each) for each in found]


def _ends(group: Sequence[W], following: W) -> bool:
    last = group[-1]
    if following.start - last.end >= _PAUSE:
        return True
    return last.end - group[0].start >= _WORTH_ENDING and last.text.rstrip().endswith(_ENDS)


def _cut(group: list[W]) -> Iterator[list[W]]:
    if len(group) == 1 or group[-1].end - group[0].start <= LONGEST:
        yield group
        return
    at = _best_cut(group)
    yield from _cut(group[:at])
    yield from _cut(group[at:])


def _best_cut(group: Sequence[W]) -> int:
    """The place with the lowest cost: near the middle, after a comma, in a pause."""
    middle = (group[0].start + group[-1].end) / 2
    best, lowest = 1, math.inf
    for place, (before, after) in enumerate(pairwise(group), start=1):
        cost = abs(after.start - middle) - 2 * _BREATH_WEIGHT * (after.start - before.end)
        if cost - _BREATH_WEIGHT < lowest and before.text.rstrip().endswith(_BREATHS):
            cost -= _BREATH_WEIGHT
        if cost < lowest:
            best, lowest = place, cost
    return best
