"""Words, segments and the transcript. Times are seconds from the start of the recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from retender.transcript.languages import LanguageShare

# Scripts without spaces between sentences: kana, ideographs, and the punctuation of both.
UNSPACED = r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
_UNSPACED_SEAM = re.compile(f"(?<={UNSPACED})\n(?={UNSPACED})")


class Word(msgspec.Struct, frozen=True):
    word: str
    start: float
    end: float
    confidence: float = 1.0


class Segment(msgspec.Struct, frozen=True):
    id: int
    start: float
    end: float
    text: str
    confidence: float = 1.0
    """The geometric mean of its tokens' probabilities."""
    language: str | None = None
    words: tuple[Word, ...] = ()


class Transcript(msgspec.Struct, frozen=True):
    segments: tuple[Segment, ...]
    language: str | None
    language_probability: float | None
    duration: float
    processing_time: float
    model: str
    engine: str
    timed: bool = True
    """Whether the caller wanted times. Subtitles have them in any case."""
    requested_model: str | None = None
    """The model that was asked for, if `model` had to replace it; else None."""
    version: int = 0
    """0 is what was recognised; each edit is the next."""
    edited_at: float | None = None
    language_candidates: tuple[LanguageShare, ...] = ()
    """The most probable languages, if its language was looked for."""

    @property
    def text(self) -> str:
        return joined(segment.text for segment in self.segments)

    @property
    def no_speech(self) -> bool:
        return not any(segment.text.strip() for segment in self.segments)


def joined(texts: Iterable[str]) -> str:
    """One line of text, with a space between the parts if their script uses spaces."""
    lines = (" ".join(text.split()) for text in texts)
    text = "\n".join(line for line in lines if line)
    return _UNSPACED_SEAM.sub("", text).replace("\n", " ")


class Joiner:
    """Joins texts that come one after another, as `joined` does with all of them."""

    def __init__(self) -> None:
        self._last = ""

    def add(self, texts: Iterable[str]) -> str:
        """These texts, with what separates them from those before."""
        text = joined(texts)
        if not text:
            return ""
        gap = joined((self._last, text[0]))[1:-1] if self._last else ""
        self._last = text[-1]
        return gap + text


def spread(texts: Sequence[str], start: float, end: float) -> list[Word]:
    """Words with estimated times: each lasts in proportion to its letters."""
    pace = (end - start) / max(1, sum(map(len, texts)))
    words: list[Word] = []
    at = start
    for text in texts:
        words.append(Word(text, at, at + pace * len(text)))
        at = words[-1].end
    return words


def spoken(words: Sequence[Word]) -> str:
    """The text of these words. If the recogniser marks the start of words with spaces, only those
    spaces are used."""
    if any(word.word[:1].isspace() for word in words):
        return " ".join("".join(word.word for word in words).split())
    return joined(word.word for word in words)
