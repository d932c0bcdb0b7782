"""Segments that can be read as subtitles: a sentence each, or a part of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from retender.engines.faster_whisper.tokens import Aligned

LONGEST: Final = 12.0
"""Seconds that a segment lasts at most, unless it is a single word."""

_WORTH_ENDING: Final = 2.0
"""A sentence that is shorter may share its segment with the next."""

_PAUSE: Final = 1.0
_ENDS: Final = tuple(".?!…。！？｡")  # noqa: RUF001 - those of other scripts are meant
_BREATHS: Final = (*_ENDS, *",;:，、；：")  # noqa: RUF001 - as above
_BREATH_WEIGHT: Final = 3.0


def sentences(words: Sequence[Aligned]) -> list[list[Aligned]]:
    """In order; all words are in one of them."""
    groups: list[list[Aligned]] = []
    for word in words:
        if not groups or _ends(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    return [part for group in groups for part in _short(group)]


def _ends(group: Sequence[Aligned], following: Aligned) -> bool:
    last = group[-1]
    if following.start - last.end >= _PAUSE:
        return True
    return last.text.rstrip().endswith(_ENDS) and last.end - group[0].start >= _WORTH_ENDING


def _short(group: list[Aligned]) -> Iterator[list[Aligned]]:
    if len(group) == 1 or group[-1].end - group[0].start <= LONGEST:
        yield group
        return
    at = min(range(1, len(group)), key=lambda place: _cost(group, place))
    yield from _short(group[:at])
    yield from _short(group[at:])


def _cost(group: Sequence[Aligned], place: int) -> float:
    """Near the middle, after a comma rather than not, in a pause rather than not."""
    before, after = group[place - 1], group[place]
    middle = (group[0].start + group[-1].end) / 2
    breath = _BREATH_WEIGHT if before.text.rstrip().endswith(_BREATHS) else 0.0
    return abs(after.start - middle) - breath - 2 * _BREATH_WEIGHT * (after.start - before.end)
