"""Finds the words at the beginning of a chunk that repeat the end of the chunk before it.

Two chunks share some audio only where speech had to be cut without a pause:

    former chunk  ───────────────┤  audio of both  │
    latter chunk                 │  audio of both  ├───────────────
                                 begin    cut     end

The former chunk keeps no word whose middle is after the cut: it may have only the beginning of its
last word. Its words are released already and stay. So some of the latter's words must be dropped:

1. Most shared words are the same in both. Words with equal text at the same time are paired, in
   order, so that a word said twice is not confused with a word recognised twice. The latter's words
   up to the last pair are dropped.
2. After the last pair (or without any pair) a word is dropped if the former chunk has another word
   for at least half of its time: one of them is wrong, or the latter has only the end of the word.
   For a word whose middle is after the cut, only words of the former that also are after the cut
   count, so that a last word that lasts too long removes no other.

If the recogniser measured no times of words, they are estimates and only the text decides: the
longest run of words that ends the former chunk and begins the latter.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Sequence

import msgspec

from retender.transcript.limits import HEAD_WORDS, TAIL_LETTERS, TAIL_SECONDS, TAIL_WORDS

_GUESS_ERROR = 1.0
"""Seconds by which an estimated time may be wrong."""

_RESOLUTION = 0.02
"""Seconds: the resolution of Whisper's times. Words count as so much longer on each side."""

_SHARED = 0.5
"""Two words are at the same time if they share this part of the shorter one."""

Pairs = tuple[tuple[int, int], ...]


class ComparedWord(msgspec.Struct, frozen=True, array_like=True):
    """A word for the comparison: only its letters and its time."""

    letters: str
    start: float
    end: float
    guessed: bool = False
    """Its time was not measured, but estimated from its segment."""

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def compared_word(text: str, start: float, end: float, *, guessed: bool = False) -> ComparedWord:
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(letter for letter in folded if letter.isalnum())
    return ComparedWord(letters[:TAIL_LETTERS], start, end, guessed)


def tail(words: Sequence[ComparedWord], edge: float) -> tuple[ComparedWord, ...]:
    """The words near the end of the chunk, which the next one may repeat."""
    near = [word for word in words if word.end > edge - TAIL_SECONDS]
    return tuple(near[-TAIL_WORDS:])


def repeated(
    former: Sequence[ComparedWord], latter: Sequence[ComparedWord], begin: float, end: float
) -> set[int]:
    """Indexes of the latter chunk's words to drop. The chunks share the audio from begin to end."""
    if any(word.guessed for word in (*former, *latter[:HEAD_WORDS])):
        first = list(itertools.takewhile(lambda word: word.start < end + _GUESS_ERROR, latter))
        return set(range(_common_run([*former], first[:HEAD_WORDS])))
    after = list(itertools.takewhile(lambda word: word.start < end, latter))[:HEAD_WORDS]
    pairs = _pair(former, after)
    last_before, last_after = pairs[-1] if pairs else (-1, -1)
    rivals = former[last_before + 1 :]
    cut = (begin + end) / 2
    rivalled = (
        index for index in range(last_after + 1, len(after)) if _taken(after[index], rivals, cut)
    )
    return {*range(last_after + 1), *rivalled}


def _pair(before: Sequence[ComparedWord], after: Sequence[ComparedWord]) -> Pairs:
    """The longest list of pairs in the order of both; of two as long, that with earlier words."""

    @functools.cache
    def best(i: int, j: int) -> Pairs:
        if i == len(before) or j == len(after):
            return ()
        ways = [best(i + 1, j), best(i, j + 1)]
        if _alike(before[i], after[j]):
            ways.insert(0, ((i, j), *best(i + 1, j + 1)))
        return max(ways, key=len)

    return best(0, 0)


def _alike(one: ComparedWord, other: ComparedWord) -> bool:
    same = one.letters != "" and one.letters == other.letters
    return same and _share(one, other) >= _SHARED


def _share(one: ComparedWord, other: ComparedWord) -> float:
    around = 2 * _RESOLUTION
    shorter = min(one.end - one.start, other.end - other.start)
    return max(0.0, _common(one, other) + around) / (shorter + around)


def _taken(word: ComparedWord, rivals: Sequence[ComparedWord], cut: float) -> bool:
    if word.middle >= cut:
        rivals = [rival for rival in rivals if rival.middle >= cut]
    covered = sum(max(0.0, _common(word, rival)) for rival in rivals)
    return 0 < covered >= _SHARED * (word.end - word.start)


def _common(one: ComparedWord, other: ComparedWord) -> float:
    """Seconds that both share; if negative, the pause between them."""
    return min(one.end, other.end) - max(one.start, other.start)


def _common_run(before: Sequence[ComparedWord], after: Sequence[ComparedWord]) -> int:
    """How many words of the latter chunk belong to the longest common run, or stand before it.

    Beside a run there may be one word that the cut has split, in either chunk; but a run of a
    single word is too little evidence to allow for that.
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
