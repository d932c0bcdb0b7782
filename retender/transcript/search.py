"""Search in transcripts: which words a text has, and where in it a query is found.

Words are compared without case and accents. A word of a query also finds the words that begin with
it, if it has at least `PREFIX_CHARS`. In scripts without spaces each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from retender.transcript.limits import PASSAGE_CHARS, PREFIX_CHARS, QUERY_WORDS, WORD_CHARS
from retender.transcript.segments import UNSPACED

_WORD: Final = re.compile(rf"{UNSPACED}|[^\W_{UNSPACED[1:-1]}]+")
_ELLIPSIS: Final = "…"


class Line(msgspec.Struct, frozen=True):
    """What search needs of a segment."""

    start: float
    text: str


class Passage(msgspec.Struct, frozen=True):
    """Where a query was found."""

    start: float
    """Seconds into the recording, of the segment that it is in."""
    parts: tuple[str, ...]
    """Some of the segment's text. Every second part is a word that was found."""


def words_of(text: str) -> Iterator[str]:
    for match in _WORD.finditer(_folded(text)):
        yield match[0][:WORD_CHARS]


def query_words(query: str) -> tuple[str, ...]:
    """The words to be found, all of them; further ones are left out."""
    return tuple(dict.fromkeys(words_of(query)))[:QUERY_WORDS]


def passage(lines: Iterable[Line], words: tuple[str, ...]) -> Passage | None:
    """The first of the lines that have the most of these words. None if no line has any."""
    best, most = None, 0
    for line in lines:
        found = _count(_folded(line.text), words)
        if found > most:
            best, most = line, found
        if most == len(words):
            break
    return None if best is None else Passage(best.start, _marked(best.text, words))


def is_prefix(word: str) -> bool:
    """Whether this word of a query finds longer words too."""
    return len(word) >= PREFIX_CHARS


def _count(folded: str, words: tuple[str, ...]) -> int:
    """How many of the words are in a text. That most lines have none is seen without taking them
    apart."""
    possible = [word for word in words if word in folded]
    if not possible:
        return 0
    of_line = [match[0] for match in _WORD.finditer(folded)]
    return sum(any(_matches(each, word) for each in of_line) for word in possible)


def _matches(word: str, asked: str) -> bool:
    return word.startswith(asked) if is_prefix(asked) else word == asked


class _Place(NamedTuple):
    start: int
    end: int


def _places(text: str, words: tuple[str, ...]) -> list[_Place]:
    """Where in the text the words are found."""
    folded: list[str] = []
    origins: list[int] = []
    for at, character in enumerate(text):
        piece = _folding[ord(character)]
        folded.append(piece)
        origins += [at] * len(piece)
    origins.append(len(text))
    return [
        _Place(origins[match.start()], origins[match.end() - 1] + 1)
        for match in _WORD.finditer("".join(folded))
        if any(_matches(match[0], word) for word in words)
    ]


def _marked(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    places = _places(text, words)
    first = places[0].start if places else 0
    begin = max(0, min(first - PASSAGE_CHARS // 4, len(text) - PASSAGE_CHARS))
    end = begin + PASSAGE_CHARS
    parts: list[str] = []
    at = begin
    for place in places:
        if at <= place.start and place.end <= end:
            parts += [text[at : place.start], text[place.start : place.end]]
            at = place.end
    parts.append(text[at:end])
    if begin > 0:
        parts[0] = f"{_ELLIPSIS}{parts[0]}"
    if end < len(text):
        parts[-1] = f"{parts[-1]}{_ELLIPSIS}"
    return tuple(parts)


def _folded(text: str) -> str:
    return text.translate(_folding)


class _Folding(dict[int, str]):
    """Characters, by their code points, without case and accents."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _KEPT:
            self.clear()
        decomposed = unicodedata.normalize("NFKD", chr(code)).casefold()
        self[code] = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
        return self[code]


_KEPT: Final = 16_384
_folding: Final = _Folding()
