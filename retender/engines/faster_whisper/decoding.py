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
- **What is doubtful is written again** (`doubt`), with times, from what the encoder has made of it
  already (a GPU makes it anew as fast), and listened to on from where the model stopped writing, so
  that a stop in the middle loses no words (faster-whisper's batched mode drops them). What is
  doubtful then too is heard once more in the full window. A model that does not take less is heard
  so from the first.

Each step is one native call: whoever runs the steps knows between two of them that the model is
alive, and may stop.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final, NamedTuple

from retender.engines.faster_whisper.chunk_decoder import ChunkDecoder, Utterance
from retender.engines.faster_whisper.doubt import repetition
from retender.engines.faster_whisper.model import (
    ENCODED_FRAMES,
    Generated,
    Model,
    Sampling,
)
from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.window_text import TextSpan, WindowText
from retender.engines.faster_whisper.words import clear_of, dealt_out, guessed, measured
from retender.transcript.chunks import ChunkResult

NEVER_TWICE: Final = 4
"""Tokens in a run that may not come again in the second try."""

ENCODED_SHARE: Final = 0.5
ENCODED_ALONE: Final = 0.35
"""Encoding is about so much of the work on a window: more in a batch, whose text is written for all
at once, than alone."""

WRITTEN_SHARE: Final = 0.9
"""With the text; the rest is alignment."""

LONGEST_BATCH: Final = 75.0
"""Seconds of sound whose text is written in one call on a CPU. Nothing is known of how far such a
call is, so with more the progress of a recording of ten minutes would jump by over 5 %."""


class Advance(NamedTuple):
    """So many seconds of this utterance are done."""

    number: int
    seconds: float


class ChunkDone(NamedTuple):
    number: int
    result: ChunkResult


Step = Advance | ChunkDone


def recognise(model: Model, utterances: Sequence[Utterance], beam: int) -> Iterator[Step]:
    """Ends with one `Told` for each utterance, in any order."""
    for group in alike(model, utterances):
        decoders = [ChunkDecoder(model, number, utterances[number]) for number in group]
        yield from (_advance(decoder) for decoder in decoders)
        if decoders[0].brief:
            encoded = yield from _decode(model, decoders, beam)
            doubtful = [n for n, decoder in enumerate(decoders) if decoder.listening]
            if doubtful and not model.encodes_together:
                some = [decoders[n] for n in doubtful]
                yield from _decode_on(model, model.picked(encoded, doubtful), some, beam)
        while listening := [decoder for decoder in decoders if decoder.listening]:
            for given in sorted({decoder.given for decoder in listening}):
                some = [decoder for decoder in listening if decoder.given == given]
                encoded = yield from _encoded(model, some, given)
                yield from _decode_on(model, encoded, some, beam)
        yield from (ChunkDone(decoder.number, decoder.result()) for decoder in decoders)


def alike(model: Model, utterances: Sequence[Utterance]) -> list[list[int]]:
    """Which of them may share a batch: their prompts are equally long, as much is encoded of each,
    they are drawn alike, and where words are to be aligned, they are in one language. One that is
    wanted soon shares none. On a CPU none is longer than `LONGEST_BATCH`."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, utterance in enumerate(utterances):
        aligned = utterance.words or model.takes_less
        alone = index if utterance.soon or (utterance.detect and aligned) else None
        language = utterance.instructions.language if aligned else None
        room = len(model.prompt(utterance.instructions))
        whole = utterance.frames > model.window
        frames = 0 if whole else model.frames(utterance.frames)
        drawn = (utterance.temperature, utterance.numerals)
        key = (room, frames, drawn, aligned, language, utterance.instructions.task, alone)
        groups.setdefault(key, []).append(index)
    if model.encodes_together:
        return list(groups.values())
    return [part for group in groups.values() for part in _in_parts(group, utterances)]


def _in_parts(group: Sequence[int], utterances: Sequence[Utterance]) -> Iterator[list[int]]:
    part: list[int] = []
    seconds = 0.0
    for index in group:
        seconds += utterances[index].seconds
        if part and seconds > LONGEST_BATCH:
            yield part
            part, seconds = [], utterances[index].seconds
        part.append(index)
    yield part


def _advance(decoder: ChunkDecoder, share: float = 0.0) -> Advance:
    return Advance(decoder.number, decoder.advance(share))


def _decode(
    model: Model, decoders: Sequence[ChunkDecoder], beam: int
) -> Generator[Step, None, Any]:
    """All of each at once, without times. Of whom there is doubt goes on to be listened to. What
    the encoder made of them is returned."""
    sounds = [decoder.window.shape[-1] for decoder in decoders]
    known = [decoder.utterance.encoded for decoder in decoders]
    encoded = yield from _encoded(model, decoders, decoders[0].given, known)
    yield from _detected(model, encoded, decoders)
    prompts = [model.prompt(decoder.instructions, times=False) for decoder in decoders]
    answers = model.generate(encoded, prompts, _sampling(decoders, beam))
    yield from (_advance(decoder, WRITTEN_SHARE) for decoder in decoders)
    texts = [decoder.text(answer) for decoder, answer in zip(decoders, answers, strict=True)]
    aligned = (
        model.align(encoded, decoders[0].instructions, texts, sounds)
        if any(texts)
        else [[]] * len(decoders)
    )
    for decoder, answer, text, words in zip(decoders, answers, texts, aligned, strict=True):
        piece = TextSpan(0.0, decoder.seconds, tuple(text))
        hands = measured(dealt_out(words, [piece]), [piece])
        decoder.take_whole(answer, [clear_of(decoder.utterance.pauses, hand) for hand in hands])
        yield _advance(decoder)
    return encoded


def _decode_on(
    model: Model, encoded: Any, decoders: Sequence[ChunkDecoder], beam: int
) -> Iterator[Step]:
    """One window of each, from where the last ended."""
    yield from _detected(model, encoded, decoders)
    prompts = [model.prompt(decoder.instructions) for decoder in decoders]
    answers = model.generate(encoded, prompts, _sampling(decoders, beam))
    yield from (_advance(decoder, WRITTEN_SHARE) for decoder in decoders)
    if decoders[0].full_window:
        answers = yield from _without_loops(model, decoders, answers, beam)
    heard = [decoder.heard(answer) for decoder, answer in zip(decoders, answers, strict=True)]
    times = _words(model, encoded, decoders, heard)
    for decoder, answer, what, words in zip(decoders, answers, heard, times, strict=True):
        decoder.take(answer, what, words)
        yield _advance(decoder)


def _encoded(
    model: Model,
    decoders: Sequence[ChunkDecoder],
    frames: int = ENCODED_FRAMES,
    known: Sequence[Any] = (),
) -> Generator[Step, None, Any]:
    """One by one where that is as fast: so each is reported when it is done, and a worker can stop
    after each. `known`: for each, what it was encoded as before, if it was."""
    share = ENCODED_SHARE if len(decoders) > 1 else ENCODED_ALONE
    parts = [decoders] if model.encodes_together else [[decoder] for decoder in decoders]
    encoded = []
    for number, part in enumerate(parts):
        window = None if model.encodes_together or not known else known[number]
        if window is None:
            window = model.encode([decoder.window for decoder in part], frames)
        encoded.append(window)
        yield from (_advance(decoder, share) for decoder in part)
    return model.joined(encoded)


def _detected(model: Model, encoded: Any, decoders: Sequence[ChunkDecoder]) -> Iterator[Step]:
    if any(decoder.undetected for decoder in decoders):
        for decoder, shares in zip(decoders, model.detect(encoded), strict=True):
            decoder.detected(shares)
        yield from (_advance(decoder, ENCODED_ALONE) for decoder in decoders)


def _sampling(decoders: Sequence[ChunkDecoder], beam: int) -> Sampling:
    utterance = decoders[0].utterance
    return Sampling(beam, utterance.temperature, numerals=utterance.numerals)


def _without_loops(
    model: Model, decoders: Sequence[ChunkDecoder], answers: list[Generated], beam: int
) -> Generator[Step, None, list[Generated]]:
    """Those that repeat themselves are asked again, without the others."""
    said = [repetition(model.text(answer.tokens)) for answer in answers]
    stuck = [
        n for n, decoder in enumerate(decoders) if said[n] > decoder.utterance.thresholds.repetition
    ]
    if not stuck:
        return answers
    encoded = model.encode([decoders[n].window for n in stuck])
    prompts = [model.prompt(decoders[n].instructions) for n in stuck]
    yield from (_advance(decoders[n]) for n in stuck)
    calm = Sampling(beam, never_twice=NEVER_TWICE, numerals=decoders[0].utterance.numerals)
    for n, answer in zip(stuck, model.generate(encoded, prompts, calm), strict=True):
        tries = (answers[n], answer)
        answers[n] = min(tries, key=lambda each: repetition(model.text(each.tokens)))
        yield _advance(decoders[n])
    return answers


def _words(
    model: Model, encoded: Any, decoders: Sequence[ChunkDecoder], heard: Sequence[WindowText]
) -> list[list[list[Aligned]]]:
    """The words of each piece of each window, measured where that is wanted."""
    texts = [[token for piece in what.pieces for token in piece.tokens] for what in heard]
    aligned = decoders[0].utterance.words or model.takes_less
    if not aligned or not any(texts):
        return [
            guessed(dealt_out(model.words(decoder.instructions, text), what.pieces), what.pieces)
            for decoder, text, what in zip(decoders, texts, heard, strict=True)
        ]
    frames = [decoder.window.shape[-1] for decoder in decoders]
    found = model.align(encoded, decoders[0].instructions, texts, frames)
    return [
        measured(dealt_out(words, what.pieces), what.pieces)
        for words, what in zip(found, heard, strict=True)
    ]
