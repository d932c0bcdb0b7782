"""Turns Groq's `verbose_json` into the result of a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from retender import foreign_json
from retender.engines.groq.failures import GroqFailed
from retender.errors import EngineFailed
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult
from retender.transcript.languages import LANGUAGES
from retender.transcript.segments import Segment, Word

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {name: code for code, name in LANGUAGES.items()}
)

# Whisper's own thresholds: a segment that is likely silence and unlikely as text is hallucinated.
_SILENCE: Final = 0.6
_UNLIKELY: Final = -1.0


class GroqWord(msgspec.Struct, frozen=True):
    word: str
    start: float = 0.0
    end: float = 0.0


class GroqSegment(msgspec.Struct, frozen=True):
    text: str
    start: float = 0.0
    end: float = 0.0
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0

    @property
    def hallucinated(self) -> bool:
        return self.no_speech_prob > _SILENCE and self.avg_logprob < _UNLIKELY


class Answer(msgspec.Struct, frozen=True):
    text: str = ""
    language: str | None = None
    segments: tuple[GroqSegment, ...] | None = None
    words: tuple[GroqWord, ...] | None = None


def parse(body: bytes) -> Answer:
    try:
        return foreign_json.decode(body, Answer, strict=False)
    except msgspec.MsgspecError as error:
        raise GroqFailed(
            EngineFailed(f"Groq's answer makes no sense: {error}").failure()
        ) from error


def chunk_result(answer: Answer, chunk: Chunk) -> ChunkResult:
    """Times are converted from the chunk to the recording.

    Groq gives no confidence of words: each gets that of its segment.
    """
    segments = answer.segments or ()
    if not segments and answer.text.strip():
        segments = (GroqSegment(answer.text, 0.0, chunk.seconds),)
    language = _code(answer.language)
    shift = chunk.start / SAMPLE_RATE
    words = _words_of(segments, answer.words or ())
    return ChunkResult(
        tuple(
            _segment(segment, its_words, shift, language)
            for segment, its_words in zip(segments, words, strict=True)
            if segment.text.strip() and not segment.hallucinated
        ),
        language,
    )


def _segment(
    segment: GroqSegment, words: Sequence[GroqWord], shift: float, language: str | None
) -> Segment:
    confidence = math.exp(min(0.0, segment.avg_logprob))
    return Segment(
        0,
        shift + segment.start,
        shift + segment.end,
        segment.text.strip(),
        confidence,
        language,
        tuple(
            Word(word.word.strip(), shift + word.start, shift + word.end, confidence)
            for word in words
        ),
    )


def _words_of(segments: Sequence[GroqSegment], words: Sequence[GroqWord]) -> list[list[GroqWord]]:
    """The words of each segment. Groq lists words separately.

    They are assigned by their letters, or by their times if the letters differ from the segments'.
    """
    assigned: list[list[GroqWord]] = [[] for _ in segments]
    if not segments:
        return assigned
    letters = [_letters(segment.text) for segment in segments]
    if "".join(letters) == "".join(_letters(word.word) for word in words):
        indexes = _by_letters(letters, words)
    else:
        indexes = _by_time(segments, words)
    for index, word in zip(indexes, words, strict=True):
        if word.word.strip():
            assigned[index].append(word)
    return assigned


def _by_letters(letters: Sequence[str], words: Sequence[GroqWord]) -> Iterator[int]:
    index, left = 0, len(letters[0])
    for word in words:
        while not left and index + 1 < len(letters):
            index += 1
            left = len(letters[index])
        yield index
        left = max(0, left - len(_letters(word.word)))


def _by_time(segments: Sequence[GroqSegment], words: Sequence[GroqWord]) -> Iterator[int]:
    index = 0
    for word in words:
        middle = (word.start + word.end) / 2
        while index + 1 < len(segments) and middle >= segments[index + 1].start:
            index += 1
        yield index


def _letters(text: str) -> str:
    return "".join(text.split()).casefold()


def _code(language: str | None) -> str | None:
    """Groq names languages in English, or by code if the request had the code."""
    name = (language or "").strip().casefold()
    return name if name in LANGUAGES else _CODES.get(name)
