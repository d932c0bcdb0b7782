"""Words said aloud, each with the time at which it is heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from models.digits.train.espeak import SAMPLE_RATE, Sound, Voice, speak
from models.digits.train.words import Language

Manner = Literal["fluent", "listed", "apart"]
"""One breath; commas here and there; each word by itself with gaps between."""

VOICES: dict[Language, tuple[str, ...]] = {
    "en": (*["en-us"] * 4, *["en"] * 3, "en-gb-scotland", "en-gb-x-rp"),
    "es": ("es", "es-419"),
}
LEARNT = (
    *["", "", "", "+m1", "+m2", "+m3", "+m5", "+m7", "+m8", "+f1", "+f2", "+f4", "+f5"],
    *["+Andy", "+Alicia", "+linda", "+steph", "+Michael", "+Annie", "+max", "+adam"],
)
"""Speakers that the model is trained on; the plain voice counts three times."""

HELD_OUT = ("+m4", "+m6", "+f3")
"""Speakers that it never hears in training."""

_AUDIBLE = 0.006
_STEP = SAMPLE_RATE // 200


class Said(NamedTuple):
    word: str
    start: float
    end: float

    def later(self, seconds: float) -> Said:
        return Said(self.word, self.start + seconds, self.end + seconds)


class Phrase(NamedTuple):
    """From the first sound to the last, with no silence around."""

    sound: Sound
    words: tuple[Said, ...]


class Unclear(ValueError):
    """espeak-ng ran words together: where one ends and the next begins cannot be told."""


def phrase(words: Sequence[str], voice: Voice, manner: Manner, random: Generator) -> Phrase:
    if manner == "apart":
        return _apart(words, voice, random)
    commas = [", " if manner == "listed" and chance(random, 0.5) else " " for _ in words[1:]]
    text = words[0] + "".join(map("".join, zip(commas, words[1:], strict=True)))
    if chance(random, 0.3):
        text += "."
    sound, starts = speak(text, voice)
    if len(starts) != len(words):
        raise Unclear(text)
    begin, end = audible(sound)
    said = []
    for word, start, stop in zip(words, starts, (*starts[1:], len(sound)), strict=True):
        first = int(start * SAMPLE_RATE)
        last = stop if isinstance(stop, int) else int(stop * SAMPLE_RATE)
        heard = [first - begin + place for place in audible(sound[first:last])]
        said.append(Said(word, heard[0] / SAMPLE_RATE, heard[1] / SAMPLE_RATE))
    return Phrase(sound[begin:end], tuple(said))


def _apart(words: Sequence[str], voice: Voice, random: Generator) -> Phrase:
    parts: list[Sound] = []
    said: list[Said] = []
    length = 0
    for word in words:
        if parts:
            parts.append(silence(random.uniform(0.02, 0.36)))
            length += len(parts[-1])
        sound = speak(word, voice).sound
        begin, end = audible(sound)
        parts.append(sound[begin:end])
        said.append(Said(word, length / SAMPLE_RATE, (length + end - begin) / SAMPLE_RATE))
        length += end - begin
    return Phrase(np.concatenate(parts), tuple(said))


def audible(sound: Sound) -> tuple[int, int]:
    """Where something is heard, in steps of 5 ms."""
    count = len(sound) // _STEP
    peaks = np.abs(sound[: count * _STEP]).reshape(count, _STEP).max(axis=1, initial=0)
    loud = np.flatnonzero(peaks > _AUDIBLE)
    if not len(loud):
        raise Unclear("nothing is heard")
    return int(loud[0]) * _STEP, (int(loud[-1]) + 1) * _STEP


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def chance(random: Generator, share: float) -> bool:
    return bool(random.random() < share)
