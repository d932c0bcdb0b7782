"""Whether a text can be what was said.

A model that hears little else than sound and two seconds of silence now and then says the same
over and over, stops in the middle, or is sure of nothing. What is doubtful is heard again with
more care; what cannot be told from silence is no text at all.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from retender.engines.faster_whisper.tokens import Aligned

_LEAST_SPEECH: Final = 3.0
"""Seconds; in less, a word may be all that is said."""

_SCANT: Final = 5.0
"""Bytes of text for each second of speech. People say some fifteen, in whatever script."""

_BABBLE: Final = 35.0
"""Letters for each second of speech. Nobody speaks so fast."""


_TWICE: Final = re.compile(r"(\b.{24,})\W+\1", re.DOTALL)
"""The same again at once: people seldom do that in so many letters, models often."""

_CROWDED: Final = 6
_CROWD_SECONDS: Final = 0.3
"""So many words in so short a time were not said in it: there was no sound left for them."""


_LEFT_OUT: Final = 1.5
"""Seconds of speech after the last word: the model has stopped before the speaker."""

_ONE_WORD: Final = 2.0
_ONE_DIGIT: Final = 0.5
"""Seconds of speech from the beginning of one word to that of the next: in more, more was said. A
number is one word, with several in it."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    no_speech: float = 0.6
    """What is more probably silence than this, and of which the model is not sure, is none."""
    log_probability: float = -1.0
    """The mean over a text's tokens, below which the model is not sure of it."""
    repetition: float = 2.4
    """Text that zlib makes so many times smaller says the same over and over."""


def repetition(text: str) -> float:
    raw = text.strip().encode()
    return len(raw) / len(zlib.compress(raw))


def silent(no_speech: float, average: float, thresholds: Thresholds) -> bool:
    return no_speech > thresholds.no_speech and average < thresholds.log_probability


def doubts(text: str, average: float, speech: float, thresholds: Thresholds) -> int:
    """How many there are of a text for so many seconds of speech."""
    text = text.strip()
    scant = speech >= _LEAST_SPEECH and len(text.encode()) < _SCANT * speech
    babble = len(text) > _BABBLE * max(1.0, speech)
    repeats = repetition(text) > thresholds.repetition or _TWICE.search(text) is not None
    return sum((scant, babble, repeats, average < thresholds.log_probability))


def crowded(words: Sequence[Aligned]) -> bool:
    """Whether words were squeezed in where there is nothing to hear."""
    ends = zip(words, words[_CROWDED - 1 :], strict=False)
    return any(last.end - first.start < _CROWD_SECONDS for first, last in ends)


Pauses = Sequence[tuple[float, float]]
"""Where nobody speaks, in seconds from the chunk's beginning."""


def stopped_early(words: Sequence[Aligned], pauses: Pauses, seconds: float) -> bool:
    """Whether somebody goes on speaking after the last word. `seconds`: how long the chunk is."""
    return bool(words) and speech_between(words[-1].end, seconds, pauses) > _LEFT_OUT


def skipped(words: Sequence[Aligned], pauses: Pauses) -> bool:
    """Whether somebody speaks for longer than the words in between can take."""
    return any(
        speech_between(word.start, following.start, pauses)
        > _ONE_WORD + _ONE_DIGIT * sum(map(str.isdigit, word.text))
        for word, following in pairwise(words)
    )


def speech_between(start: float, end: float, pauses: Pauses) -> float:
    """Seconds of it."""
    overlaps = (min(end, until) - max(start, since) for since, until in pauses)
    return end - start - sum(max(0.0, overlap) for overlap in overlaps)
