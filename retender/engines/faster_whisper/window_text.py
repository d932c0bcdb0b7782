"""What the tokens of one window say: which text was heard when, and where to go on listening.

Whisper writes times between its sentences: `<0.00> One two. <1.40><1.90> Three. <3.20>`. Where
the last one stands alone, nothing more is said. Where two stand at the end, something follows
that it has not written down; where text stands at the end, it was interrupted: by the end of the
window, or because it may write no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

TIME_STEP = 0.02

LEFTOVER = 0.4
"""Seconds. In less there is no word, and models make one up."""

LEAST_STEP = 0.2
"""Seconds. Who goes on from an earlier place hears the same again, perhaps for ever."""


class TextSpan(NamedTuple):
    """A stretch of text between two times, in seconds from the beginning of the window."""

    start: float
    end: float
    tokens: tuple[int, ...]


class WindowText(NamedTuple):
    pieces: tuple[TextSpan, ...]
    upto: float | None
    """Listen again from here on; None: it is all there."""


def parse_tokens(
    tokens: Sequence[int],
    *,
    first_special: int,
    first_timestamp: int,
    seconds: float,
    full: bool = False,
    more: bool = False,
    leftover: float = LEFTOVER,
) -> WindowText:
    """`seconds` of the window are sound. `full`: the model had no room for another token.
    `more`: the chunk goes on after the window. `leftover`: less is not worth another hearing."""
    parts = _parts(tokens, first_timestamp)
    pieces = [_piece(part, first_special, first_timestamp, seconds) for part in parts]
    all_of_it = WindowText(_spoken(pieces), seconds if more else None)
    if len(parts) <= 1 or _closed(parts[-1], first_timestamp):
        return all_of_it
    upto = pieces[-1].start
    interrupted = full or more or not pieces[-1].tokens
    if not interrupted or upto < LEAST_STEP or (not more and seconds - upto < leftover):
        return all_of_it
    return WindowText(_spoken(pieces[:-1]), upto)


def _parts(tokens: Sequence[int], first_timestamp: int) -> list[list[int]]:
    """Cut between every two times that stand together."""
    parts: list[list[int]] = []
    for index, token in enumerate(tokens):
        after_time = index > 0 and tokens[index - 1] >= first_timestamp
        if not parts or (token >= first_timestamp and after_time):
            parts.append([])
        parts[-1].append(token)
    return parts


def _piece(
    part: Sequence[int], first_special: int, first_timestamp: int, seconds: float
) -> TextSpan:
    timed = part[0] >= first_timestamp
    start = (part[0] - first_timestamp) * TIME_STEP if timed else 0.0
    closed = _closed(part, first_timestamp)
    end = (part[-1] - first_timestamp) * TIME_STEP if closed else seconds
    start = min(start, seconds)
    text = tuple(token for token in part if token < first_special)
    return TextSpan(round(start, 2), round(min(max(start, end), seconds), 2), text)


def _closed(part: Sequence[int], first_timestamp: int) -> bool:
    return len(part) > 1 and part[-1] >= first_timestamp


def _spoken(pieces: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    return tuple(piece for piece in pieces if piece.tokens)
