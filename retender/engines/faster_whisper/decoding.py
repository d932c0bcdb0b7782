"""Chunks into text, a step at a time.

What is decided here, and why:

- **Nothing of one chunk goes into another**, no text before it, no fall-back that others in the
  batch could trigger: so the text depends neither on the batch nor on the lane.
- **At temperature 0 nothing is random.** Where Whisper's own programs try higher and higher
  temperatures, text that repeats itself is decoded once more with no run of tokens twice; the
  better of the two stands. Who asks for a temperature gets samples, which differ from run to run.
- **Silence makes no text**: what the model takes for silence and is unsure of is left out.
- **The encoder is given no more than the sound and some silence**, where the model hears as well
  then (`Model.takes_less`), and the text is written without times, which costs fewer tokens and
  fewer mistakes. When each word was said, the model's attention tells.
- **What is doubtful is heard again** (`doubt`) in the full window, with times, and from where the
  model stopped writing, so that a stop in the middle loses no words (faster-whisper's batched mode
  drops them). A model that does not take less is heard so from the first.

Each step is one native call: whoever runs the steps knows between two of them that the model is
alive, and may stop.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final, NamedTuple

from retender.engines.faster_whisper.doubt import repetition
from retender.engines.faster_whisper.ear import Ear, Utterance
from retender.engines.faster_whisper.listening import Listened, Piece
from retender.engines.faster_whisper.model import Generated, Model, Sampling
from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.words import clear_of, dealt_out, guessed, measured
from retender.transcript.chunks import ChunkResult

NEVER_TWICE: Final = 4
"""Tokens in a run that may not come again in the second try."""

ENCODED_SHARE: Final = 0.4
"""Encoding is about so much of a window's work."""


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
        ears = [Ear(model, number, utterances[number]) for number in group]
        yield from (_advance(ear) for ear in ears)
        if ears[0].brief:
            yield from _hear(model, ears, beam)
        while listening := [ear for ear in ears if ear.listening]:
            yield from _listen(model, listening, beam)
        yield from (Told(ear.number, ear.result()) for ear in ears)


def alike(model: Model, utterances: Sequence[Utterance]) -> list[list[int]]:
    """Which of them may share a batch: their prompts are equally long, as much is encoded of each,
    they are drawn alike, and where words are to be aligned, they are in one language."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, utterance in enumerate(utterances):
        aligned = utterance.words or model.takes_less
        alone = index if utterance.detect and aligned else None
        language = utterance.line.language if aligned else None
        room = len(model.prompt(utterance.line))
        whole = utterance.frames > model.window
        frames = 0 if whole else model.frames(utterance.frames)
        drawn = (utterance.temperature, utterance.numerals)
        key = (room, frames, drawn, aligned, language, utterance.line.task, alone)
        groups.setdefault(key, []).append(index)
    return list(groups.values())


def _advance(ear: Ear, share: float = 0.0) -> Advance:
    return Advance(ear.number, ear.advance(share))


def _hear(model: Model, ears: Sequence[Ear], beam: int) -> Iterator[Step]:
    """All of each at once, without times. Of whom there is doubt goes on to be listened to."""
    sounds = [ear.window.shape[-1] for ear in ears]
    frames = model.frames(ears[0].utterance.frames)
    encoded = model.encode([ear.window for ear in ears], frames)
    yield from (_advance(ear, ENCODED_SHARE) for ear in ears)
    yield from _detected(model, encoded, ears)
    prompts = [model.prompt(ear.line, times=False) for ear in ears]
    answers = model.generate(encoded, prompts, _sampling(ears, beam))
    yield from (_advance(ear, ENCODED_SHARE) for ear in ears)
    texts = [ear.text(answer) for ear, answer in zip(ears, answers, strict=True)]
    aligned = model.align(encoded, ears[0].line, texts, sounds) if any(texts) else [[]] * len(ears)
    for ear, answer, text, words in zip(ears, answers, texts, aligned, strict=True):
        piece = Piece(0.0, ear.seconds, tuple(text))
        hands = measured(dealt_out(words, [piece]), [piece])
        ear.take_whole(answer, [clear_of(ear.utterance.pauses, hand) for hand in hands])
        yield _advance(ear)


def _listen(model: Model, ears: Sequence[Ear], beam: int) -> Iterator[Step]:
    """One window of each."""
    encoded = model.encode([ear.window for ear in ears])
    yield from (_advance(ear, ENCODED_SHARE) for ear in ears)
    yield from _detected(model, encoded, ears)
    prompts = [model.prompt(ear.line) for ear in ears]
    answers = model.generate(encoded, prompts, _sampling(ears, beam))
    yield from (_advance(ear, ENCODED_SHARE) for ear in ears)
    answers = yield from _without_loops(model, ears, answers, beam)
    heard = [ear.heard(answer) for ear, answer in zip(ears, answers, strict=True)]
    times = _words(model, encoded, ears, heard)
    for ear, answer, what, words in zip(ears, answers, heard, times, strict=True):
        ear.take(answer, what, words)
        yield _advance(ear)


def _detected(model: Model, encoded: Any, ears: Sequence[Ear]) -> Iterator[Step]:
    if any(ear.undetected for ear in ears):
        for ear, shares in zip(ears, model.detect(encoded), strict=True):
            ear.detected(shares)
        yield from (_advance(ear, ENCODED_SHARE) for ear in ears)


def _sampling(ears: Sequence[Ear], beam: int) -> Sampling:
    utterance = ears[0].utterance
    return Sampling(beam, utterance.temperature, numerals=utterance.numerals)


def _without_loops(
    model: Model, ears: Sequence[Ear], answers: list[Generated], beam: int
) -> Generator[Step, None, list[Generated]]:
    """Those that repeat themselves are asked again, without the others."""
    said = [repetition(model.text(answer.tokens)) for answer in answers]
    stuck = [n for n, ear in enumerate(ears) if said[n] > ear.utterance.thresholds.repetition]
    if not stuck:
        return answers
    encoded = model.encode([ears[n].window for n in stuck])
    prompts = [model.prompt(ears[n].line) for n in stuck]
    yield from (_advance(ears[n]) for n in stuck)
    calm = Sampling(beam, never_twice=NEVER_TWICE, numerals=ears[0].utterance.numerals)
    for n, answer in zip(stuck, model.generate(encoded, prompts, calm), strict=True):
        tries = (answers[n], answer)
        answers[n] = min(tries, key=lambda each: repetition(model.text(each.tokens)))
        yield _advance(ears[n])
    return answers


def _words(
    model: Model, encoded: Any, ears: Sequence[Ear], heard: Sequence[Listened]
) -> list[list[list[Aligned]]]:
    """The words of each piece of each window, measured where that is wanted."""
    texts = [[token for piece in what.pieces for token in piece.tokens] for what in heard]
    aligned = ears[0].utterance.words or model.takes_less
    if not aligned or not any(texts):
        return [
            guessed(dealt_out(model.words(ear.line, text), what.pieces), what.pieces)
            for ear, text, what in zip(ears, texts, heard, strict=True)
        ]
    frames = [ear.window.shape[-1] for ear in ears]
    found = model.align(encoded, ears[0].line, texts, frames)
    return [
        measured(dealt_out(words, what.pieces), what.pieces)
        for words, what in zip(found, heard, strict=True)
    ]
