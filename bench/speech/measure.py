"""What is measured of a way to recognise recordings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bench.speech.recordings import Recording
from bench.speech.texts import errors
from models.digits.train.scoring import WordErrors
from retender.transcript.segments import Word

CORES = len(os.sched_getaffinity(0))


class Heard(NamedTuple):
    text: str
    language: str


class Figures(msgspec.Struct):
    seconds: float
    busy: float
    """Seconds of the processors' time: it tells more than the clock where others use them too."""
    heard: list[Heard]
    words: list[list[Word]] = []
    """The words of each recording, where they were asked for."""


def scored(recordings: Sequence[Recording], figures: Figures) -> WordErrors:
    each = (
        errors(recording.text, heard.text, recording.language)
        for recording, heard in zip(recordings, figures.heard, strict=True)
    )
    return sum(each, start=WordErrors(0))


class Total(NamedTuple):
    """Of several recordings, or several times."""

    wrong: WordErrors = WordErrors(0)
    seconds: float = 0.0
    busy: float = 0.0
    mistaken: int = 0
    """Recordings that were taken for another language."""

    def __add__(self, other: object) -> Total:
        if not isinstance(other, Total):
            return NotImplemented
        return Total(
            self.wrong + other.wrong,
            self.seconds + other.seconds,
            self.busy + other.busy,
            self.mistaken + other.mistaken,
        )


def total(recordings: Sequence[Recording], figures: Figures) -> Total:
    mistaken = wrong_languages(recordings, figures)
    return Total(scored(recordings, figures), figures.seconds, figures.busy, mistaken)


def wrong_languages(recordings: Sequence[Recording], figures: Figures) -> int:
    pairs = zip(recordings, figures.heard, strict=True)
    return sum(heard.language != recording.language for recording, heard in pairs)
