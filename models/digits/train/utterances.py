"""A person who says something, and one who goes on for minutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from models.digits.train.espeak import SAMPLE_RATE, Voice
from models.digits.train.speech import (
    VOICES,
    Manner,
    Phrase,
    Said,
    Unclear,
    chance,
    phrase,
    silence,
)
from models.digits.train.words import DIGITS, WORDS, Language

MANNERS: tuple[Manner, ...] = ("fluent", "listed", "apart")
_ATTEMPTS = 20


def some_voice(
    language: Language,
    speakers: Sequence[str],
    random: Generator,
    pace: tuple[float, float] = (110, 215),
) -> Voice:
    return Voice(
        str(random.choice(VOICES[language])) + str(random.choice(speakers)),
        words_a_minute=int(random.uniform(*pace)),
        pitch=int(random.uniform(25, 75)),
        melody=int(random.uniform(25, 75)),
        gap=int(random.choice([0, 0, 0, 1, 3, 6, 10])),
    )


def some_words(language: Language, count: int, random: Generator) -> list[str]:
    """None twice in a row: such pairs are the model's weak point, and asked for on purpose."""
    among = WORDS[language] if chance(random, 0.65) else DIGITS[language]
    words: list[str] = []
    while len(words) < count:
        word = str(random.choice(among))
        if words[-1:] != [word]:
            words.append(word)
    return words


def some_phrase(
    language: Language,
    voice: Voice,
    random: Generator,
    *,
    most: int = 10,
    manners: Sequence[Manner] = MANNERS,
) -> Phrase:
    for _ in range(_ATTEMPTS):
        words = some_words(language, int(random.integers(1, most + 1)), random)
        manner = manners[int(random.integers(len(manners)))]
        try:
            return phrase(words, voice, manner, random)
        except Unclear:
            continue
    raise Unclear(f"{voice} cannot be understood")


def surrounded(said: Phrase, before: float, after: float) -> Phrase:
    quiet = silence(before)
    shift = len(quiet) / SAMPLE_RATE
    sound = np.concatenate([quiet, said.sound, silence(after)])
    return Phrase(sound, tuple(word.later(shift) for word in said.words))


def one_after_the_other(phrases: Sequence[Phrase]) -> Phrase:
    words: list[Said] = []
    length = 0
    for said in phrases:
        words += [word.later(length / SAMPLE_RATE) for word in said.words]
        length += len(said.sound)
    return Phrase(np.concatenate([said.sound for said in phrases]), tuple(words))


def held_out(language: Language, speakers: Sequence[str], random: Generator) -> Phrase:
    """Up to ten words between short silences, not always loud: what evaluation is done with."""
    longest = 9 * SAMPLE_RATE
    while True:
        said = some_phrase(language, some_voice(language, speakers, random), random)
        if len(said.sound) < longest:
            break
    whole = surrounded(said, random.uniform(0, 0.8), random.uniform(0.05, 0.8))
    loudness = np.float32(10 ** (random.uniform(-12, 0) / 20))
    return Phrase(whole.sound * loudness, whole.words)
