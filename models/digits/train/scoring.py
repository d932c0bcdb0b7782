"""How far what was heard is from what was said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class WordErrors(NamedTuple):
    words: int
    replaced: int = 0
    lost: int = 0
    added: int = 0

    @property
    def rate(self) -> float:
        """Errors for each word said; more than one where much was added."""
        return (self.replaced + self.lost + self.added) / max(1, self.words)

    def __add__(self, other: object) -> WordErrors:
        if not isinstance(other, WordErrors):
            return NotImplemented
        return WordErrors(*map(sum, zip(self, other, strict=True)))

    def __str__(self) -> str:
        kinds = f"{self.replaced} replaced, {self.lost} lost, {self.added} added"
        return f"{self.rate:.2%} of {self.words} words ({kinds})"


class Pair(NamedTuple):
    """Places in what was said and in what was heard; None where there is no counterpart."""

    said: int | None
    heard: int | None


def word_errors(said: Sequence[str], heard: Sequence[str]) -> WordErrors:
    pairs = aligned(said, heard)
    return WordErrors(
        words=len(said),
        replaced=sum(a is not None and b is not None and said[a] != heard[b] for a, b in pairs),
        lost=sum(pair.heard is None for pair in pairs),
        added=sum(pair.said is None for pair in pairs),
    )


def aligned(said: Sequence[str], heard: Sequence[str]) -> list[Pair]:
    """The fewest replacements, losses and additions that turn one into the other."""
    rows = [list(range(len(heard) + 1))]
    for before, word in enumerate(said, 1):
        row = [before]
        for (diagonal, above), other in zip(pairwise(rows[-1]), heard, strict=True):
            row.append(min(diagonal + (word != other), above + 1, row[-1] + 1))
        rows.append(row)
    pairs: list[Pair] = []
    a, b = len(said), len(heard)
    while a or b:
        if a and b and rows[a][b] == rows[a - 1][b - 1] + (said[a - 1] != heard[b - 1]):
            a, b = a - 1, b - 1
            pairs.append(Pair(a, b))
        elif a and rows[a][b] == rows[a - 1][b] + 1:
            a -= 1
            pairs.append(Pair(a, None))
        else:
            b -= 1
            pairs.append(Pair(None, b))
    return pairs[::-1]
