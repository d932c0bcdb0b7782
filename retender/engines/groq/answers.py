"""Groq's `verbose_json`, read as what was heard in a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from retender.engines.groq.failures import GroqFailed
from retender.errors import EngineFailed
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult
from retender.transcript.languages import LANGUAGES
from retender.transcript.segments import Segment, Word

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {name: code for code, name in LANGUAGES.items()}
)

# Whisper's own thresholds: what is surely silence and badly heard as well is made up.
_SILENCE: Final = 0.6
_BADLY_HEARD: Final = -1.0


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
    def made_up(self) -> bool:
        return self.no_speech_prob > _SILENCE and self.avg_logprob < _BADLY_HEARD


class Answer(msgspec.Struct, frozen=True):
    text: str = ""
    language: str | None = None
    segments: tuple[GroqSegment, ...] | None = None
    words: tuple[GroqWord, ...] | None = None


def parse(body: bytes) -> Answer:
    try:
        return msgspec.json.decode(body, type=Answer, strict=False)
    except msgspec.MsgspecError as error:
        raise GroqFailed(
            EngineFailed(f"Groq's answer makes no sense: {error}").failure()
        ) from error


def chunk_result(answer: Answer, chunk: Chunk) -> ChunkResult:
    """Times are moved from the chunk to the recording.

    Groq tells no confidence of words: that of their segment stands for it.
    """
    segments = answer.segments or ()
    if not segments and answer.text.strip():
        segments = (GroqSegment(answer.text, 0.0, chunk.seconds),)
    language = _code(answer.language)
    shift = chunk.start / SAMPLE_RATE
    words = _dealt_out(segments, answer.words or ())
    return ChunkResult(
        tuple(
            _segment(segment, theirs, shift, language)
            for segment, theirs in zip(segments, words, strict=True)
            if segment.text.strip() and not segment.made_up
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


def _dealt_out(segments: Sequence[GroqSegment], words: Sequence[GroqWord]) -> list[list[GroqWord]]:
    """Each segment's words, which Groq lists apart.

    By their letters, which are the same in the same order; where they are not, by their times.
    """
    hands: list[list[GroqWord]] = [[] for _ in segments]
    if not segments:
        return hands
    spelt = [_letters(segment.text) for segment in segments]
    if "".join(spelt) == "".join(_letters(word.word) for word in words):
        whose = _by_letters(spelt, words)
    else:
        whose = _by_time(segments, words)
    for index, word in zip(whose, words, strict=True):
        if word.word.strip():
            hands[index].append(word)
    return hands


def _by_letters(spelt: Sequence[str], words: Sequence[GroqWord]) -> Iterator[int]:
    index, left = 0, len(spelt[0])
    for word in words:
        while not left and index + 1 < len(spelt):
            index += 1
            left = len(spelt[index])
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
    """Groq names languages in English, and by code where it was told the code."""
    name = (language or "").strip().casefold()
    return name if name in LANGUAGES else _CODES.get(name)
