"""Words as the model counts them."""

from __future__ import annotations

from typing import NamedTuple


class Aligned(NamedTuple):
    """A word, how many tokens it is made of, and where in its window it was heard."""

    text: str
    tokens: int
    start: float = 0.0
    end: float = 0.0
    confidence: float = 1.0
