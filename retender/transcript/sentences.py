"""Segments that can be read as subtitles: a sentence each, or a part of one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec

from retender.transcript.segments import Segment, Word, spread

LONGEST: Final = 12.0
"""Seconds that a segment lasts at most, unless it is a single word."""

_WORTH_ENDING: Final = 2.0
"""A sentence that is shorter may share its segment with the next."""

_PAUSE: Final = 1.0
_ENDS: Final = tuple(".?!…。！？｡")  # noqa: RUF001 - those of other scripts are meant
_BREATHS: Final = (*_ENDS, *",;:，、；：")  # noqa: RUF001 - as above
_BREATH_WEIGHT: Final = 3.0

# Where no space stands between words, their punctuation tells where one may end.
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
    """In order; all words are in one of them."""
    groups: list[list[W]] = []
    for word in words:
        if not groups or _ends(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    return [part for group in groups for part in _short(group)]


def in_sentences(segment: Segment) -> list[Segment]:
    """The segment; or, if it lasts too long to be read at a glance, the sentences in it. Their
    texts together are its text."""
    if segment.end - segment.start <= LONGEST:
        return [segment]
    groups = sentences(_tokens(segment))
    hands = _dealt_out(segment.words, groups)
    return [
        msgspec.structs.replace(
            segment,
            start=group[0].start,
            end=group[-1].end,
            text=segment.text[group[0].begins : group[-1].upto],
            words=hand,
        )
        for group, hand in zip(groups, hands, strict=True)
    ]


class _Token(NamedTuple):
    text: str
    start: float
    end: float
    begins: int
    upto: int
    """Where it stands in the segment's text."""


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


def _dealt_out(words: Sequence[Word], groups: Sequence[Sequence[_Token]]) -> list[tuple[Word, ...]]:
    """Each group's words: as many as it has tokens, or else by their times."""
    if len(words) == sum(map(len, groups)):
        waiting = iter(words)
        return [tuple(next(waiting) for _ in group) for group in groups]
    starts = [group[0].start for group in groups]
    hands: list[list[Word]] = [[] for _ in groups]
    for word in words:
        hands[max(0, bisect_right(starts, (word.start + word.end) / 2) - 1)].append(word)
    return [tuple(hand) for hand in hands]


def _ends(group: Sequence[W], following: W) -> bool:
    last = group[-1]
    if following.start - last.end >= _PAUSE:
        return True
    return last.text.rstrip().endswith(_ENDS) and last.end - group[0].start >= _WORTH_ENDING


def _short(group: list[W]) -> Iterator[list[W]]:
    if len(group) == 1 or group[-1].end - group[0].start <= LONGEST:
        yield group
        return
    at = min(range(1, len(group)), key=lambda place: _cost(group, place))
    yield from _short(group[:at])
    yield from _short(group[at:])


def _cost(group: Sequence[W], place: int) -> float:
    """Near the middle, after a comma rather than not, in a pause rather than not."""
    before, after = group[place - 1], group[place]
    middle = (group[0].start + group[-1].end) / 2
    breath = _BREATH_WEIGHT if before.text.rstrip().endswith(_BREATHS) else 0.0
    return abs(after.start - middle) - breath - 2 * _BREATH_WEIGHT * (after.start - before.end)
