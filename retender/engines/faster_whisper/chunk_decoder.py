"""How far one chunk has been listened to, and what was heard in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from retender.engines.faster_whisper.doubt import (
    Thresholds,
    crowded,
    doubts,
    silent,
    skipped,
    speech_between,
    stopped_early,
)
from retender.engines.faster_whisper.language import restricted
from retender.engines.faster_whisper.model import (
    ENCODED_FRAMES,
    FRAMES_PER_SECOND,
    Features,
    Generated,
    Instructions,
    Model,
    Samples,
)
from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.window_text import LEFTOVER, WindowText, parse_tokens
from retender.transcript.chunks import SAMPLE_RATE, ChunkResult
from retender.transcript.segments import Segment, Word
from retender.transcript.sentences import sentences

_WORTH_HEARING: Final = 1.0
"""Seconds of sound after a stop: in less, Whisper sooner makes something up than it has left out a
word."""


class Utterance(NamedTuple):
    """A chunk to be recognised."""

    samples: Samples
    begins: float
    """Seconds from the recording's beginning."""
    instructions: Instructions
    probability: float | None = None
    """How sure it is that this is the language, where somebody has listened for it."""
    detect: bool = False
    """Listen for the language in this very chunk; that of `line` holds its place until then."""
    among: tuple[str, ...] = ()
    """The languages to choose from when listening for it; none: all."""
    words: bool = False
    """Measure when each word was said."""
    temperature: float = 0.0
    pauses: tuple[tuple[float, float], ...] = ()
    """Where nobody speaks, in seconds from the chunk's beginning."""
    thresholds: Thresholds = Thresholds()
    numerals: bool = True
    """Numbers may be written as digits."""
    soon: bool = False
    """Its text does not wait for that of others."""
    encoded: Any = None
    """What the encoder made of all of it, if that is known already (`encoded_windows`)."""

    @property
    def frames(self) -> int:
        return len(self.samples) * FRAMES_PER_SECOND // SAMPLE_RATE

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    @property
    def speech(self) -> float:
        """Seconds of it."""
        return max(0.0, speech_between(0.0, self.seconds, self.pauses))


class _Heard(NamedTuple):
    """What was heard of all of it in one pass."""

    doubts: int
    segments: tuple[Segment, ...]


class ChunkDecoder:
    """For one utterance."""

    def __init__(self, model: Model, number: int, utterance: Utterance) -> None:
        self.number = number
        self.utterance = utterance
        self.instructions = utterance.instructions
        self.upto = 0.0
        self._model = model
        self._probability = utterance.probability
        self._features: Features = model.features(utterance.samples)
        self._frames: int = self._features.shape[-1]
        self._segments: list[Segment] = []
        self._words: list[Aligned] = []
        self._average = 0.0
        self._done = 0.0
        self._best: _Heard | None = None
        self.undetected = utterance.detect
        self.brief = model.takes_less and self._frames <= model.window
        """It is heard in one go at first."""
        self.full_window = not self.brief
        """The encoder is given all that it takes."""

    @property
    def _seconds(self) -> float:
        return self._frames / FRAMES_PER_SECOND

    @property
    def _frame(self) -> int:
        return round(self.upto * FRAMES_PER_SECOND)

    @property
    def listening(self) -> bool:
        return self._frame < self._frames

    @property
    def given(self) -> int:
        """How many frames the encoder is given of it now."""
        if self.full_window:
            return ENCODED_FRAMES
        return self._model.frames(self._frames - self._frame)

    @property
    def window(self) -> Features:
        return self._features[:, self._frame : self._frame + self._model.window]

    @property
    def seconds(self) -> float:
        """Of sound in the window."""
        return min(self._model.window, self._frames - self._frame) / FRAMES_PER_SECOND

    def advance(self, share: float) -> float:
        """Seconds that are done, with this share of the present window. It never goes back."""
        self._done = max(self._done, self.upto + share * self.seconds)
        return self._done

    def detected(self, shares: dict[str, float]) -> None:
        """The language of its first window is the chunk's."""
        if self.undetected:
            shares = restricted(shares, self.utterance.among)
            language = max(shares, key=lambda code: (shares[code], code))
            self.instructions = self.instructions._replace(language=language)
            self._probability = shares[language]
            self.undetected = False

    def text(self, answer: Generated) -> list[int]:
        """The tokens of a text without times; none, where it is silence."""
        if silent(answer.no_speech, answer.average, self.utterance.thresholds):
            return []
        return [token for token in answer.tokens if token < self._model.first_special]

    def take_whole(self, answer: Generated, words: Sequence[list[Aligned]]) -> None:
        """All of it at once."""
        if silent(answer.no_speech, answer.average, self.utterance.thresholds):
            self.upto = self._seconds
        else:
            self._keep(answer, words)
            self._judge(answer.full)

    def heard(self, answer: Generated) -> WindowText:
        more = self._frame + self._model.window < self._frames
        nothing = WindowText((), self.seconds if more else None)
        if silent(answer.no_speech, answer.average, self.utterance.thresholds):
            return nothing
        if self._made_up(answer):
            return nothing
        return parse_tokens(
            answer.tokens,
            first_special=self._model.first_special,
            first_timestamp=self._model.first_timestamp,
            seconds=self.seconds,
            full=answer.full,
            more=more,
            leftover=_WORTH_HEARING if self._model.takes_less else LEFTOVER,
        )

    def take(self, answer: Generated, heard: WindowText, words: Sequence[list[Aligned]]) -> None:
        self._keep(answer, words)
        self.upto += self.seconds if heard.upto is None else heard.upto
        if self.brief and not self.listening:
            self._judge(answer.full)

    def result(self) -> ChunkResult:
        language = None if self.undetected else self.instructions.language
        segments = self._best.segments if self._best else tuple(self._segments)
        return ChunkResult(segments, language, self._probability)

    def _keep(self, answer: Generated, words: Sequence[list[Aligned]]) -> None:
        self._segments += self._segments_of_all(answer, words)
        self._words += [_later(word, self.upto) for hand in words for word in hand]
        if any(words):
            self._average = min(self._average, answer.average)

    def _judge(self, full: bool) -> None:
        """After a pass through all of it. A later one stands, unless it is the more doubtful; while
        there is doubt, there is another: with times, then in the full window."""
        heard = _Heard(self._doubts() + full, tuple(self._segments))
        self.upto = self._seconds
        if heard.doubts and not self.full_window:
            self.full_window = self._best is not None
            self.upto = 0.0
        if self._best is None or heard.doubts <= self._best.doubts:
            self._best = heard
        self._segments, self._words, self._average = [], [], 0.0

    def _doubts(self) -> int:
        utterance, words = self.utterance, self._words
        text = " ".join(segment.text for segment in self._segments)
        return (
            doubts(text, self._average, utterance.speech, utterance.thresholds)
            + crowded(words)
            + stopped_early(words, utterance.pauses, self._seconds)
            + skipped(words, utterance.pauses)
        )

    def _made_up(self, answer: Generated) -> bool:
        """After a stop, where there may be nothing left to hear."""
        if not self._model.takes_less or not self.upto:
            return False
        text = self._model.text(answer.tokens)
        return doubts(text, answer.average, self.seconds, self.utterance.thresholds) > 0

    def _segments_of_all(self, answer: Generated, words: Sequence[list[Aligned]]) -> list[Segment]:
        confidence = math.exp(min(0.0, answer.average))
        return [segment for hand in words for segment in self._segments_of(hand, confidence)]

    def _segments_of(self, hand: list[Aligned], confidence: float) -> Iterator[Segment]:
        begins = self.utterance.begins + self.upto
        for group in sentences(hand):
            text = "".join(word.text for word in group).strip()
            if text:
                yield Segment(
                    0,
                    round(begins + group[0].start, 3),
                    round(begins + max(group[0].start, group[-1].end), 3),
                    text,
                    confidence,
                    self.instructions.language,
                    tuple(self._placed(group, begins)) if self.utterance.words else (),
                )

    def _placed(self, group: Sequence[Aligned], begins: float) -> Iterator[Word]:
        for word in group:
            if word.text.strip():
                start, end = round(begins + word.start, 3), round(begins + word.end, 3)
                yield Word(word.text.strip(), start, end, word.confidence)


def _later(word: Aligned, seconds: float) -> Aligned:
    return word._replace(start=word.start + seconds, end=word.end + seconds)
