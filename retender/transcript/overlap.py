"""Which words at the beginning of a chunk the chunk before it has already given.

Two chunks share some audio only where speech had to be cut without a pause. The cut lies in the
middle of what they share. The former gives no word whose middle is after it: of the last one it
may have but the beginning. What it gave is released by then and stays; so the question is which of
the latter's words to drop:

1. Both hear most of the shared words alike. Words of equal text at the same time are paired, in
   order, so that a word said twice is not taken for a word heard twice. The former's version
   stands up to the last pair: the latter's words up to there are dropped.
2. After it (or where nothing pairs) a word is dropped when the former gave something else for at
   least half of its time: one of the two misheard it, or the latter has but the end of it. Words
   whose middle is after the cut are the latter's to tell, and only such of the former's count
   against them: a last word drawn out too far swallows no other.

Where the recogniser measured no words, times are a guess and only the text decides: the longest
run of words that ends the former chunk and begins the latter.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Sequence

import msgspec

from retender.transcript.limits import HEAD_WORDS, TAIL_LETTERS, TAIL_SECONDS, TAIL_WORDS

_GUESS_ERROR = 1.0
"""How far a guessed time may be off, in seconds."""

_RESOLUTION = 0.02
"""Whisper's clock: a word lasts for so many seconds around what it says, even if that is none."""

_SHARED = 0.5
"""Two words are at the same time when they share half of the shorter one."""

Pairs = tuple[tuple[int, int], ...]


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A word as it is compared: by its bare letters and its time."""

    letters: str
    start: float
    end: float
    guessed: bool = False
    """Its time was not measured but spread over its segment."""

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def heard(text: str, start: float, end: float, *, guessed: bool = False) -> Heard:
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(letter for letter in folded if letter.isalnum())
    return Heard(letters[:TAIL_LETTERS], start, end, guessed)


def tail(words: Sequence[Heard], edge: float) -> tuple[Heard, ...]:
    """Those near enough to the chunk's end to be heard again."""
    near = [word for word in words if word.end > edge - TAIL_SECONDS]
    return tuple(near[-TAIL_WORDS:])


def repeated(
    former: Sequence[Heard], latter: Sequence[Heard], begin: float, end: float
) -> set[int]:
    """Indexes of the latter chunk's words to drop; the two share the audio from begin to end."""
    if any(word.guessed for word in (*former, *latter[:HEAD_WORDS])):
        first = list(itertools.takewhile(lambda word: word.start < end + _GUESS_ERROR, latter))
        return set(range(_common_run([*former], first[:HEAD_WORDS])))
    after = list(itertools.takewhile(lambda word: word.start < end, latter))[:HEAD_WORDS]
    pairs = _pair(former, after)
    last_before, last_after = pairs[-1] if pairs else (-1, -1)
    rivals = former[last_before + 1 :]
    cut = (begin + end) / 2
    misheard = (
        index for index in range(last_after + 1, len(after)) if _taken(after[index], rivals, cut)
    )
    return {*range(last_after + 1), *misheard}


def _pair(before: Sequence[Heard], after: Sequence[Heard]) -> Pairs:
    """As many words as can be paired in both orders, and rather the earlier ones."""

    @functools.cache
    def best(i: int, j: int) -> Pairs:
        if i == len(before) or j == len(after):
            return ()
        ways = [best(i + 1, j), best(i, j + 1)]
        if _alike(before[i], after[j]):
            ways.insert(0, ((i, j), *best(i + 1, j + 1)))
        return max(ways, key=len)

    return best(0, 0)


def _alike(one: Heard, other: Heard) -> bool:
    same = one.letters != "" and one.letters == other.letters
    return same and _share(one, other) >= _SHARED


def _share(one: Heard, other: Heard) -> float:
    around = 2 * _RESOLUTION
    shorter = min(one.end - one.start, other.end - other.start)
    return max(0.0, _common(one, other) + around) / (shorter + around)


def _taken(word: Heard, rivals: Sequence[Heard], cut: float) -> bool:
    if word.middle >= cut:
        rivals = [rival for rival in rivals if rival.middle >= cut]
    covered = sum(max(0.0, _common(word, rival)) for rival in rivals)
    return 0 < covered >= _SHARED * (word.end - word.start)


def _common(one: Heard, other: Heard) -> float:
    """Negative: the time between them."""
    return min(one.end, other.end) - max(one.start, other.start)


def _common_run(before: Sequence[Heard], after: Sequence[Heard]) -> int:
    """How many words of the latter the longest common run settles.

    A word cut in two by the edge may stand after it or before it; a run of one word is too little
    evidence to allow for that.
    """
    old = [word.letters for word in before]
    new = [word.letters for word in after]
    for length in range(min(len(old), len(new)), 0, -1):
        strays = (0, 1) if length > 1 else (0,)
        for lost, extra in itertools.product(strays, strays):
            ending = old[len(old) - lost - length : len(old) - lost]
            if len(ending) == length and ending == new[extra : extra + length]:
                return extra + length
    return 0
