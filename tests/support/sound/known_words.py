"""Recordings of known words, spoken on the spot."""

from __future__ import annotations

import random
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.sound.media import RATE, silence

"""The trained model that knows these words."""

_ENGLISH = """
zero one two three four five six seven eight nine alpha bravo charlie delta echo foxtrot golf hotel
india juliet kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey
yankee zulu
"""
_SPANISH = "cero uno dos tres cuatro cinco seis siete ocho nueve"
WORDS = {"en": tuple(_ENGLISH.split()), "es": tuple(_SPANISH.split())}
VOICES = {"en": "en-us+m4", "es": "es+m4"}


class Speech(NamedTuple):
    samples: array[int]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def __add__(self, other: object) -> Speech:
        assert isinstance(other, Speech)
        return Speech(self.samples + other.samples, self.words + other.words)


def pause(seconds: float) -> Speech:
    return Speech(silence(seconds), ())


def said(words: Sequence[str], language: str = "en", *, speed: int = 150) -> Speech:
    """One breath, spoken by espeak-ng."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        text = " ".join(words)
        voice = ["-v", VOICES[language], "-s", str(speed), "-w", str(spoken)]
        subprocess.run(["espeak-ng", *voice, text], check=True)
        form = ["-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", spoken, *form], check=True, capture_output=True
        ).stdout
    return Speech(array("h", raw), tuple(words))


def chosen(count: int, words: Sequence[str], chance: random.Random) -> list[str]:
    """Words at random, none twice in a row."""
    picked: list[str] = []
    while len(picked) < count:
        word = chance.choice(words)
        if not picked or picked[-1] != word:
            picked.append(word)
    return picked


def talk(seconds: float, language: str = "en", *, seed: int = 0, breath: int = 7) -> Speech:
    """Breaths of some words each with pauses between, for about so long."""
    chance = random.Random(seed)
    speech = pause(0.5)
    while len(speech.samples) < seconds * RATE:
        words = chosen(breath, WORDS[language], chance)
        while speech.words and words[0] == speech.words[-1]:
            words = chosen(breath, WORDS[language], chance)
        speech += said(words, language, speed=chance.randrange(125, 190))
        speech += pause(chance.uniform(0.4, 0.9))
    return speech
