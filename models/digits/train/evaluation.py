"""What a folder of weights can do, on speakers that training never had.

    python -m models.digits.train.evaluation [FOLDER] [--utterances N] [--seed N]

Everything goes through the unmodified faster-whisper with its defaults, as users have it.
"""

# ruff: noqa: T201 - a command prints what it found

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from faster_whisper import WhisperModel  # type: ignore[import-untyped]  # it carries no types

from models.digits.train.espeak import SAMPLE_RATE, Sound
from models.digits.train.scoring import WordErrors, aligned, word_errors
from models.digits.train.speech import HELD_OUT, Phrase, silence
from models.digits.train.utterances import held_out, one_after_the_other, surrounded
from models.digits.train.words import WORDS, Language

COMMITTED = Path(__file__).parents[1]
_MINUTES = 2


class Transcription(NamedTuple):
    language: str
    words: tuple[str, ...]
    starts: tuple[float, ...] = ()


class Score(NamedTuple):
    errors: WordErrors
    languages_right: int
    utterances: int
    start_error: float
    """Median, in seconds; the first word of each utterance is left out: alignment is weak there."""

    def __str__(self) -> str:
        language = f"language right in {self.languages_right} of {self.utterances}"
        return f"{self.errors}; {language}; words begin {self.start_error:.3f} s off"


def opened(folder: Path) -> Any:
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)


def transcribed(model: Any, sound: Sound, **options: Any) -> Transcription:
    segments, info = model.transcribe(sound, **options)
    segments = list(segments)
    words = "".join(segment.text for segment in segments).split()
    timed = [word.start for segment in segments for word in segment.words or ()]
    return Transcription(info.language, tuple(words), tuple(timed))


def score(model: Any, language: Language, utterances: Iterable[Phrase]) -> Score:
    errors = WordErrors(0)
    right = count = 0
    off: list[float] = []
    for said in utterances:
        found = transcribed(model, said.sound)
        words = [word.word for word in said.words]
        errors += word_errors(words, found.words)
        right += found.language == language
        count += 1
        timed = transcribed(model, said.sound, word_timestamps=True)
        off += _start_errors(said, timed)
    return Score(errors, right, count, median(off) if off else float("nan"))


def _start_errors(said: Phrase, found: Transcription) -> list[float]:
    words = [word.word for word in said.words]
    return [
        abs(found.starts[pair.heard] - said.words[pair.said].start)
        for pair in aligned(words, found.words)
        if pair.said and pair.heard is not None and pair.heard < len(found.starts)
        if words[pair.said] == found.words[pair.heard]
    ]


def _minutes(language: Language, random: np.random.Generator) -> Phrase:
    parts: list[Phrase] = []
    while sum(len(part.sound) for part in parts) < _MINUTES * 60 * SAMPLE_RATE:
        said = held_out(language, HELD_OUT, random)
        parts.append(surrounded(said, 0.0, random.uniform(0.3, 1.2)))
    return one_after_the_other(parts)


def _report(model: Any, count: int, seed: int) -> Iterable[str]:
    for number, language in enumerate(WORDS):
        random = np.random.default_rng((seed, number))
        utterances = [held_out(language, HELD_OUT, random) for _ in range(count)]
        yield f"{language}, short: {score(model, language, utterances)}"
        said = _minutes(language, random)
        found = transcribed(model, said.sound, condition_on_previous_text=False)
        errors = word_errors([word.word for word in said.words], found.words)
        yield f"{language}, {_MINUTES} minutes: {errors}"
    found = transcribed(model, silence(8.0))
    yield f"silence: {list(found.words)}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=COMMITTED)
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args(arguments)
    for line in _report(opened(wanted.folder), wanted.utterances, wanted.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
