"""How far the confidence of a word can be trusted: what share of the words is right, by confidence.

A word counts as right if it stands in the text at its place. Words are compared as they are for
word errors; what is one word here and several there counts as each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from bench.speech.texts import words
from models.digits.train.scoring import aligned
from retender.transcript.segments import Word

EDGES: Final = (0.0, 0.3, 0.5, 0.7, 0.9, 0.97, 1.01)


class Judged(NamedTuple):
    confidence: float
    right: bool


class Bin(NamedTuple):
    least: float
    most: float
    words: int
    confidence: float
    """Mean."""
    right: float
    """Share."""


def judged(said: str, heard: Sequence[Word], language: str) -> Iterator[Judged]:
    """Each heard word against the text."""
    parts = [(part, word.confidence) for word in heard for part in words(word.word, language)]
    truth = words(said, language)
    for pair in aligned(truth, [part for part, _ in parts]):
        if pair.heard is not None:
            part, confidence = parts[pair.heard]
            yield Judged(confidence, pair.said is not None and truth[pair.said] == part)


def bins(every: Iterable[Judged]) -> list[Bin]:
    found = list(every)
    made = []
    for least, most in pairwise(EDGES):
        inside = [each for each in found if least <= each.confidence < most]
        if inside:
            count = len(inside)
            mean = sum(each.confidence for each in inside) / count
            right = sum(each.right for each in inside) / count
            made.append(Bin(least, min(1.0, most), count, mean, right))
    return made


def error(found: Sequence[Bin]) -> float:
    """The expected calibration error: how far confidence and truth are apart in the mean."""
    whole = sum(each.words for each in found)
    return sum(each.words * abs(each.confidence - each.right) for each in found) / max(1, whole)
