"""Ten seconds of somebody speaking, at random, as a recogniser comes across them.

About half of them are short files, half are cuts from long ones where the speech goes on beyond
the window, and one in twenty says nothing. A part is hard: words said twice, fast and slow
speakers, long silences first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from models.digits.train.espeak import SAMPLE_RATE, NoSuchVoice, Sound, Voice, speak
from models.digits.train.speech import (
    LEARNT,
    Phrase,
    Said,
    Unclear,
    audible,
    chance,
    phrase,
    silence,
)
from models.digits.train.utterances import MANNERS, some_voice, some_words
from models.digits.train.words import WORDS, Language

SECONDS = 10
SAMPLES = SECONDS * SAMPLE_RATE

PAUSE = 0.45
"""Seconds of silence that begin a new segment."""

_HARD = 0.22
_ROOM = SAMPLE_RATE // 20
_BEYOND = SAMPLE_RATE // 10
_ENDLESS = 99
_ATTEMPTS = 40

Segments = tuple[tuple[Said, ...], ...]


class Window(NamedTuple):
    language: Language
    sound: Sound
    segments: Segments
    """What is said, apart where it pauses. The last may go on beyond the window."""


def some_window(random: Generator) -> Window:
    for _ in range(_ATTEMPTS):
        language: Language = "en" if chance(random, 0.5) else "es"
        hard = chance(random, _HARD)
        pace = (90.0, 240.0) if hard else (110.0, 215.0)
        try:
            voice = some_voice(language, LEARNT, random, pace)
            draft = _Draft(language, voice, random, hard=hard)
            return draft.finished()
        except (NoSuchVoice, Unclear):
            continue
    raise Unclear("no voice of espeak-ng can be understood")


class _Draft:
    """A window while it is put together."""

    def __init__(self, language: Language, voice: Voice, random: Generator, *, hard: bool) -> None:
        self._language: Language = language
        self._voice = voice
        self._random = random
        self._hard = hard
        self._parts: list[Sound] = []
        self._length = 0
        self._said: list[tuple[Said, ...]] = []

    def finished(self) -> Window:
        kind = self._random.random()
        goes_on = kind > 0.55  # noqa: PLR2004 - the share that is written above
        if kind < 0.05:  # noqa: PLR2004 - likewise
            self._pause(0.3, SECONDS)
        elif goes_on:
            self._long()
        else:
            self._short()
        sound = np.concatenate(self._parts)
        sound = sound[: SAMPLES + SAMPLE_RATE // 100] if goes_on else sound
        segments = tuple(part for said in self._said for part in _apart(said))
        return Window(self._language, self._recorded(sound), segments)

    def _long(self) -> None:
        if chance(self._random, 0.35):
            self._last_of_a_word()
        else:
            self._lead()
        most = 24 if chance(self._random, 0.15) else self._most()
        for number in range(_ENDLESS):
            if number:
                self._add(silence(self._gap()))
            self._speak(self._phrase(most))
            if self._length > SAMPLES + _BEYOND:
                break

    def _short(self) -> None:
        self._lead()
        most = self._most()
        for number in range(int(self._random.choice([1, 1, 1, 2, 3]))):
            gap = self._gap() if number else 0.0
            said = self._phrase(most)
            while not number and self._ends(said, gap) > SAMPLES - _ROOM:
                said = self._phrase(5)
            if self._ends(said, gap) > SAMPLES - _ROOM:
                break
            self._add(silence(gap))
            self._speak(said)
        if chance(self._random, 0.15):
            self._pause(0.02, 0.02)
        else:
            self._pause(0.05, 1.2)

    def _ends(self, said: Phrase, gap: float) -> int:
        return self._length + int(gap * SAMPLE_RATE) + len(said.sound)

    def _most(self) -> int:
        return int(self._random.choice([3, 6, 10, 10]))

    def _gap(self) -> float:
        usual = chance(self._random, 0.8)
        return float(self._random.uniform(0.55, 1.2) if usual else self._random.uniform(1.2, 3))

    def _lead(self) -> None:
        """The silence before the first word."""
        if chance(self._random, 0.15):
            return
        if chance(self._random, 0.65 if self._hard else 0.8):
            self._pause(0, 0.8)
        else:
            self._pause(0.8, 8 if self._hard and chance(self._random, 0.5) else 4)

    def _last_of_a_word(self) -> None:
        """A cut is never exact: what is left of the word before it is not to be written."""
        sound = speak(str(self._random.choice(WORDS[self._language])), self._voice).sound
        begin, end = audible(sound)
        rest = int(self._random.uniform(0.01, 0.07) * SAMPLE_RATE)
        self._add(sound[max(begin, end - rest) : end])
        self._pause(0.1, 1.2)

    def _phrase(self, most: int) -> Phrase:
        words = some_words(self._language, int(self._random.integers(1, most + 1)), self._random)
        if self._hard and chance(self._random, 0.5):
            for place in range(1, len(words)):
                if chance(self._random, 0.3):
                    words[place] = words[place - 1]
        manner = MANNERS[int(self._random.integers(len(MANNERS)))]
        return phrase(words, self._voice, manner, self._random)

    def _speak(self, said: Phrase) -> None:
        self._said.append(tuple(word.later(self._length / SAMPLE_RATE) for word in said.words))
        self._add(said.sound)

    def _pause(self, least: float, most: float) -> None:
        self._add(silence(self._random.uniform(least, most)))

    def _add(self, sound: Sound) -> None:
        self._parts.append(sound)
        self._length += len(sound)

    def _recorded(self, sound: Sound) -> Sound:
        """As some microphone in some room hears it."""
        if chance(self._random, 0.75):
            sound = sound * np.float32(10 ** (self._random.uniform(-20, 0) / 20))
        if chance(self._random, 0.5):
            loudest = float(np.abs(sound).max(initial=0)) + (0 if self._said else 1e-3)
            hiss = loudest * 0.2 * 10 ** (-self._random.uniform(12, 45) / 20)
            sound = sound + _noise(len(sound), self._random) * np.float32(hiss)
        return np.asarray(sound, np.float32)


def _noise(samples: int, random: Generator) -> Sound:
    white = random.standard_normal(samples).astype(np.float32)
    if chance(random, 0.5):
        return white
    spectrum = np.fft.rfft(white)
    slope = (np.arange(len(spectrum)) + 1.0) ** random.uniform(0.2, 0.6)
    colour = np.fft.irfft(spectrum / slope, samples).astype(np.float32)
    return np.asarray(colour / (colour.std() + 1e-9), np.float32)


def _apart(said: tuple[Said, ...]) -> list[tuple[Said, ...]]:
    """Commas may have made pauses long enough for segments of their own."""
    parts = [[said[0]]]
    for former, word in pairwise(said):
        if word.start - former.end >= PAUSE:
            parts.append([])
        parts[-1].append(word)
    return [tuple(part) for part in parts]
