"""Chunks into text, a step at a time.

What is decided here, and why:

- **Nothing of one chunk goes into another**, no text before it, no fall-back that others in the
  batch could trigger: so the text depends neither on the batch nor on the lane.
- **At temperature 0 nothing is random.** Where Whisper's own programs try higher and higher
  temperatures, text that repeats itself is decoded once more with no run of tokens twice; the
  better of the two stands. Who asks for a temperature gets samples, which differ from run to run.
- **Silence makes no text**: what the model takes for silence and is unsure of is left out.
- **A window is listened to again** from where the model stopped writing, so that a stop in the
  middle loses no words (faster-whisper's batched mode drops them).

Each step is one native call: whoever runs the steps knows between two of them that the model is
alive, and may stop.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final, NamedTuple

from retender.engines.faster_whisper.listening import Listened, listened
from retender.engines.faster_whisper.model import (
    FRAMES_PER_SECOND,
    Features,
    Generated,
    Line,
    Model,
    Samples,
    Sampling,
)
from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.words import dealt_out, guessed, measured
from retender.transcript.chunks import ChunkResult
from retender.transcript.segments import Segment, Word
from retender.transcript.sentences import sentences

REPETITIVE: Final = 2.4
"""Text that zlib makes so many times smaller says the same over and over."""

NEVER_TWICE: Final = 4
"""Tokens in a run that may not come again in the second try."""

NO_SPEECH: Final = 0.6
UNSURE: Final = -1.0

ENCODED_SHARE: Final = 0.4
"""Encoding is about so much of a window's work."""


class Utterance(NamedTuple):
    """A chunk to be recognised."""

    samples: Samples
    begins: float
    """Seconds from the recording's beginning."""
    line: Line
    probability: float | None = None
    """How sure it is that this is the language, where somebody has listened for it."""
    detect: bool = False
    """Listen for the language in this very chunk; that of `line` holds its place until then."""
    words: bool = False
    """Measure when each word was said."""
    temperature: float = 0.0


class Advance(NamedTuple):
    """So many seconds of this utterance are done."""

    number: int
    seconds: float


class Told(NamedTuple):
    number: int
    result: ChunkResult


Step = Advance | Told


def recognise(model: Model, utterances: Sequence[Utterance], beam: int) -> Iterator[Step]:
    """Ends with one `Told` for each utterance, in any order."""
    for group in alike(model, utterances):
        ears = [_Ear(model, number, utterances[number]) for number in group]
        yield from (ear.advance() for ear in ears)
        while listening := [ear for ear in ears if ear.listening]:
            yield from _listen(model, listening, beam)
        yield from (Told(ear.number, ear.result()) for ear in ears)


def alike(model: Model, utterances: Sequence[Utterance]) -> list[list[int]]:
    """Which of them may share a batch: their prompts are equally long, they are drawn alike, and
    where words are to be aligned, they are in one language."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, utterance in enumerate(utterances):
        alone = index if utterance.detect and utterance.words else None
        language = utterance.line.language if utterance.words else None
        room = len(model.prompt(utterance.line))
        key = (room, utterance.temperature, utterance.words, language, utterance.line.task, alone)
        groups.setdefault(key, []).append(index)
    return list(groups.values())


def _listen(model: Model, ears: Sequence[_Ear], beam: int) -> Iterator[Step]:
    """One window of each."""
    encoded = model.encode([ear.window for ear in ears])
    yield from (ear.advance(ENCODED_SHARE) for ear in ears)
    if any(ear.undetected for ear in ears):
        for ear, shares in zip(ears, model.detect(encoded), strict=True):
            ear.detected(shares)
        yield from (ear.advance(ENCODED_SHARE) for ear in ears)
    temperature = ears[0].utterance.temperature
    prompts = [model.prompt(ear.line) for ear in ears]
    answers = model.generate(encoded, prompts, Sampling(beam, temperature))
    yield from (ear.advance(ENCODED_SHARE) for ear in ears)
    answers = yield from _without_loops(model, ears, answers, beam)
    heard = [ear.heard(answer) for ear, answer in zip(ears, answers, strict=True)]
    times = _words(model, encoded, ears, heard)
    for ear, answer, what, words in zip(ears, answers, heard, times, strict=True):
        ear.take(answer, what, words)
        yield ear.advance()


def _without_loops(
    model: Model, ears: Sequence[_Ear], answers: list[Generated], beam: int
) -> Generator[Step, None, list[Generated]]:
    """Those that repeat themselves are asked again, without the others."""
    stuck = [n for n, answer in enumerate(answers) if repetition(model, answer) > REPETITIVE]
    if not stuck:
        return answers
    encoded = model.encode([ears[n].window for n in stuck])
    prompts = [model.prompt(ears[n].line) for n in stuck]
    yield from (ears[n].advance() for n in stuck)
    again = model.generate(encoded, prompts, Sampling(beam, never_twice=NEVER_TWICE))
    for n, answer in zip(stuck, again, strict=True):
        answers[n] = min(answers[n], answer, key=lambda each: repetition(model, each))
        yield ears[n].advance()
    return answers


def repetition(model: Model, answer: Generated) -> float:
    text = model.text(answer.tokens).strip().encode()
    return len(text) / len(zlib.compress(text))


def _words(
    model: Model, encoded: Any, ears: Sequence[_Ear], heard: Sequence[Listened]
) -> list[list[list[Aligned]]]:
    """The words of each piece of each window, measured where that is wanted."""
    texts = [[token for piece in what.pieces for token in piece.tokens] for what in heard]
    if not ears[0].utterance.words or not any(texts):
        return [
            guessed(dealt_out(model.words(ear.line, text), what.pieces), what.pieces)
            for ear, text, what in zip(ears, texts, heard, strict=True)
        ]
    frames = [ear.window.shape[-1] for ear in ears]
    aligned = model.align(encoded, ears[0].line, texts, frames)
    return [
        measured(dealt_out(words, what.pieces), what.pieces)
        for words, what in zip(aligned, heard, strict=True)
    ]


class _Ear:
    """How far one utterance has been listened to, and what was heard in it."""

    def __init__(self, model: Model, number: int, utterance: Utterance) -> None:
        self.number = number
        self.utterance = utterance
        self.line = utterance.line
        self.upto = 0.0
        self._model = model
        self._probability = utterance.probability
        self._features: Features = model.features(utterance.samples)
        self._frames: int = self._features.shape[-1]
        self._segments: list[Segment] = []
        self._done = 0.0
        self.undetected = utterance.detect

    @property
    def _frame(self) -> int:
        return round(self.upto * FRAMES_PER_SECOND)

    @property
    def listening(self) -> bool:
        return self._frame < self._frames

    @property
    def window(self) -> Features:
        return self._features[:, self._frame : self._frame + self._model.window]

    @property
    def seconds(self) -> float:
        """Of sound in the window."""
        return min(self._model.window, self._frames - self._frame) / FRAMES_PER_SECOND

    def advance(self, share: float = 0.0) -> Advance:
        """What is done, with this share of the present window. It never goes back."""
        self._done = max(self._done, self.upto + share * self.seconds)
        return Advance(self.number, self._done)

    def detected(self, shares: dict[str, float]) -> None:
        """The language of its first window is the chunk's."""
        if self.undetected:
            language = max(shares, key=lambda code: (shares[code], code))
            self.line = self.line._replace(language=language)
            self._probability = shares[language]
            self.undetected = False

    def heard(self, answer: Generated) -> Listened:
        more = self._frame + self._model.window < self._frames
        if answer.no_speech > NO_SPEECH and answer.average < UNSURE:
            return Listened((), self.seconds if more else None)
        return listened(
            answer.tokens,
            first_special=self._model.first_special,
            first_timestamp=self._model.first_timestamp,
            seconds=self.seconds,
            full=answer.full,
            more=more,
        )

    def take(self, answer: Generated, heard: Listened, words: Sequence[list[Aligned]]) -> None:
        confidence = math.exp(min(0.0, answer.average))
        for hand in words:
            self._segments += self._segments_of(hand, confidence)
        self.upto += self.seconds if heard.upto is None else heard.upto

    def result(self) -> ChunkResult:
        language = None if self.undetected else self.line.language
        return ChunkResult(tuple(self._segments), language, self._probability)

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
                    self.line.language,
                    tuple(self._placed(group, begins)) if self.utterance.words else (),
                )

    def _placed(self, group: Sequence[Aligned], begins: float) -> Iterator[Word]:
        for word in group:
            if word.text.strip():
                start, end = round(begins + word.start, 3), round(begins + word.end, 3)
                yield Word(word.text.strip(), start, end, word.confidence)
