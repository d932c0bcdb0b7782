"""When each word was said.

The model's attention tells where a word begins, to a few hundredths of a second, but it counts
the pause after a word as part of it, and what is before the first word as part of that. So no
word is taken to last much longer than the others where a pause may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.window_text import TextSpan

_OPENING: Final = frozenset("\"'“¿¡([{-«")
_CLOSING: Final = frozenset("\"'.。,，!！?？:：;”)]}、…»")  # noqa: RUF001 - those of other scripts are meant

_LONGEST_USUAL: Final = 0.7
_MUCH_LONGER: Final = 2.0

_TRUSTED: Final = 0.2
"""Seconds. Where they differ by more, the times that the model wrote are believed over its
attention: measured with known words between pauses, that halves the error at their edges."""


def dealt_out(words: Sequence[Aligned], pieces: Sequence[TextSpan]) -> list[list[Aligned]]:
    """Each piece's words; one that began in the piece before belongs to that."""
    hands: list[list[Aligned]] = []
    waiting = iter(words)
    ahead = 0
    for piece in pieces:
        hand: list[Aligned] = []
        while ahead < len(piece.tokens) and (word := next(waiting, None)) is not None:
            hand.append(word)
            ahead += word.tokens
        ahead -= len(piece.tokens)
        hands.append(attached(hand))
    return hands


def measured(hands: Sequence[Sequence[Aligned]], pieces: Sequence[TextSpan]) -> list[list[Aligned]]:
    """Aligned words with what cannot be so put right."""
    lengths = [word.end - word.start for hand in hands for word in hand if word.end > word.start]
    usual = min(_LONGEST_USUAL, median(lengths)) if lengths else 0.0
    return [
        _bounded(hand, piece, usual, usual * _MUCH_LONGER)
        for hand, piece in zip(hands, pieces, strict=True)
    ]


def clear_of(pauses: Sequence[tuple[float, float]], words: Sequence[Aligned]) -> list[Aligned]:
    """Words that reach into a pause end or begin at its edge: on the side where more of them is."""
    return [_clear_of(pauses, word) for word in words]


def _clear_of(pauses: Sequence[tuple[float, float]], word: Aligned) -> Aligned:
    for start, end in pauses:
        before, after = start - word.start, word.end - end
        if before >= word.end - word.start or after >= word.end - word.start:
            continue
        if before >= after and before > 0:
            word = word._replace(end=start)
        elif after > 0:
            word = word._replace(start=end)
    return word


def guessed(hands: Sequence[Sequence[Aligned]], pieces: Sequence[TextSpan]) -> list[list[Aligned]]:
    """Words that nobody aligned, spread over their piece by their letters."""
    return [list(_spread(hand, piece)) for hand, piece in zip(hands, pieces, strict=True)]


def attached(words: Sequence[Aligned]) -> list[Aligned]:
    """Punctuation belongs to the word it stands at, and takes no time."""
    whole: list[Aligned] = []
    opening: Aligned | None = None
    for word in words:
        mark = word.text.strip()
        if mark and word.text != mark and _OPENING.issuperset(mark):
            opening = word if opening is None else _joined(opening, word, word)
        elif mark and word.text == mark and whole and not opening and _CLOSING.issuperset(mark):
            whole[-1] = _joined(whole[-1], word, whole[-1])
        else:
            whole.append(word if opening is None else _joined(opening, word, word))
            opening = None
    return whole if opening is None else [*whole, opening]


def _joined(first: Aligned, second: Aligned, timed: Aligned) -> Aligned:
    return timed._replace(text=first.text + second.text, tokens=first.tokens + second.tokens)


def _bounded(
    hand: Sequence[Aligned], piece: TextSpan, usual: float, longest: float
) -> list[Aligned]:
    words = list(hand)
    if not words:
        return words
    first = words[0]
    if first.end - first.start > longest:
        first = first._replace(start=first.end - longest)
    if first.start + _TRUSTED < piece.start < first.end:
        first = first._replace(start=max(first.start, min(first.end - usual / 2, piece.start)))
    words[0] = first
    last = words[-1]
    if last.start < piece.end and piece.end + _TRUSTED < last.end:
        last = last._replace(end=max(last.start + usual / 2, piece.end))
    elif last.end - last.start > longest:
        last = last._replace(end=last.start + longest)
    words[-1] = last
    return words


def _spread(hand: Sequence[Aligned], piece: TextSpan) -> Iterator[Aligned]:
    letters = max(1, sum(len(word.text) for word in hand))
    at = piece.start
    for word in hand:
        end = at + (piece.end - piece.start) * len(word.text) / letters
        yield word._replace(start=at, end=end)
        at = end
