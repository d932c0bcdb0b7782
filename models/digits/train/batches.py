"""Windows drawn from the corpus as arrays: what goes in, what should come out, where to listen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from models.digits.train.corpus import FRAMES, MELS, Corpus, Description
from models.digits.train.labels import LATEST_START, Answer, NothingWhole, timed, untimed
from models.digits.train.speech import chance
from models.digits.train.windows import SECONDS
from models.digits.train.words import ALL, LAYOUT, TOKENS, WORDS, Language

POSITIONS = 50 * SECONDS
"""What the encoder makes of the window: one position for two frames."""

SOUNDS = 1 + 2 * len(ALL)
"""Silence, and the first and the second half of each word: what a position may be."""

IGNORED = -100
CROP_FRAMES = 300
_TIMED = 0.65
_NEAR = 3

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Listening(NamedTuple):
    """While at `position` of `item`, attention should lie on the encoder's positions like this.

    The last column is the padding beyond the window.
    """

    item: Ints
    position: Ints
    attention: Floats


class Batch(NamedTuple):
    mels: Floats
    tokens: Ints
    answers: Ints
    sounds: Ints
    ahead: Listening
    """Where the token that is to come is heard: what the alignment heads learn."""
    behind: Listening
    """Where the token that went in was heard: what tells said words from words yet to say."""


class Crops(NamedTuple):
    mels: Floats
    sounds: Ints
    first_position: int


class _Item(NamedTuple):
    number: int
    description: Description
    context: tuple[int, ...]
    answer: Answer

    @property
    def prompt(self) -> tuple[int, ...]:
        language = LAYOUT.language(self.description.language)
        before = (LAYOUT.previous, *self.context) if self.context else ()
        return (*before, LAYOUT.start, language, LAYOUT.transcribe)

    @property
    def begins(self) -> int:
        """The position from which the first token of the answer is foretold."""
        return len(self.prompt) - 1

    @property
    def tokens(self) -> tuple[int, ...]:
        return (*self.prompt, *self.answer.tokens[:-1])

    @property
    def targets(self) -> tuple[int, ...]:
        unasked = (IGNORED,) * (len(self.prompt) - 3)
        language = LAYOUT.language(self.description.language)
        spoken = (language, LAYOUT.transcribe)
        silent = (LAYOUT.no_speech, IGNORED)
        return (*unasked, *(spoken if self.description.segments else silent), *self.answer.tokens)


def training_batch(
    corpus: Corpus, numbers: Iterable[int], random: Generator, long_context: float
) -> Batch:
    """`long_context` is the share of batches whose items follow on much earlier text."""
    length = random.random()
    without = min(0.45, 0.7 * (1 - long_context))
    items = []
    for number in numbers:
        description = corpus.descriptions[number]
        count = 0
        if length >= without and not chance(random, 0.3):
            short = length < 1 - long_context
            count = int(random.integers(3, 50) if short else random.integers(50, 224))
        context = _context(description.language, count, random)
        try:
            answer = timed(description) if chance(random, _TIMED) else untimed(description)
        except NothingWhole:
            continue
        items.append(_Item(number, description, context, answer))
    mels = [
        _heard_differently(corpus.features(item.number), item.description.frames, random)
        for item in items
    ]
    return _assembled(items, mels)


def validation_batch(corpus: Corpus, numbers: Iterable[int]) -> Batch:
    """The same at each call: no context, nothing changed, always with timestamps."""
    items = []
    for number in numbers:
        description = corpus.descriptions[number]
        try:
            items.append(_Item(number, description, (), timed(description)))
        except NothingWhole:
            continue
    mels = [corpus.features(item.number).astype(np.float32) for item in items]
    return _assembled(items, mels)


def crops(corpus: Corpus, first: int, count: int, random: Generator) -> Crops:
    """Three seconds out of each window, as if they stood elsewhere: for the encoder alone."""
    mels: list[Floats] = []
    sounds: list[Ints] = []
    while len(mels) < count:
        number = int(random.integers(first, len(corpus)))
        description = corpus.descriptions[number]
        last = min(FRAMES - CROP_FRAMES, max(1, description.frames - CROP_FRAMES // 2))
        begin = int(random.integers(0, last)) // 2 * 2
        heard = _heard_differently(corpus.features(number), description.frames, random)
        mels.append(heard[begin : begin + CROP_FRAMES])
        positions = slice(begin // 2, (begin + CROP_FRAMES) // 2)
        sounds.append(_sounds(description)[positions])
    place = int(random.integers(0, POSITIONS - CROP_FRAMES // 2))
    return Crops(np.stack(mels).transpose(0, 2, 1), np.stack(sounds), place)


def _assembled(items: Sequence[_Item], mels: Sequence[Floats]) -> Batch:
    longest = max(len(item.tokens) for item in items)
    tokens = np.full((len(items), longest), LAYOUT.end_of_text, np.int64)
    answers = np.full((len(items), longest), IGNORED, np.int64)
    for row, item in enumerate(items):
        tokens[row, : len(item.tokens)] = item.tokens
        answers[row, : len(item.targets)] = item.targets
    return Batch(
        np.stack(mels).transpose(0, 2, 1),
        tokens,
        answers,
        np.stack([_sounds(item.description) for item in items]),
        _listening([(n, *place) for n, item in enumerate(items) for place in _ahead(item)]),
        _listening([(n, *place) for n, item in enumerate(items) for place in _behind(item)]),
    )


def _context(language: Language, count: int, random: Generator) -> tuple[int, ...]:
    """Text that may have come before: segments of words between timestamps, cut at its front."""
    known = TOKENS[: len(WORDS["en"])] if language == "en" else TOKENS[len(WORDS["en"]) :]
    tokens: list[int] = []
    while len(tokens) < count:
        start = 5 * int(random.integers(0, 60))
        end = min(POSITIONS, start + 5 * int(random.integers(3, 60)))
        words = random.choice(known, int(random.integers(1, 11))).tolist()
        tokens += [LAYOUT.first_timestamp + start, *words, LAYOUT.first_timestamp + end]
    return tuple(tokens[len(tokens) - count :])


def _heard_differently(features: npt.NDArray[np.float16], frames: int, random: Generator) -> Floats:
    """Louder or softer, over a floor of noise, with a band missing: the padding stays as it is."""
    mels = features.astype(np.float32)
    heard = mels[:frames]
    if chance(random, 0.5):
        heard += np.float32(random.uniform(-0.35, 0.1))
    if chance(random, 0.5):
        np.maximum(heard, heard.min() + np.float32(random.uniform(0, 0.35)), out=heard)
    if chance(random, 0.4):
        band = int(random.integers(0, MELS - 6))
        heard[:, band : band + int(random.integers(1, 7))] = heard.min()
    return mels


def _sounds(description: Description) -> Ints:
    sounds = np.zeros(POSITIONS, np.int64)
    for segment in description.segments:
        for word in segment:
            begin, end = round(word.start * 50), round(word.end * 50)
            half = (begin + end + 1) // 2
            sounds[begin:half] = 1 + 2 * word.number
            sounds[half:end] = 2 + 2 * word.number
    return sounds


def _ahead(item: _Item) -> list[tuple[int, Floats]]:
    places = []
    heard = item.answer.heard
    for here, after in pairwise((*heard, None)):
        assert here is not None
        attention = np.zeros(POSITIONS + 1, np.float32)
        begin = round(here.start * 50)
        end = max(round(here.end * 50), begin + 1)
        attention[min(begin, POSITIONS - 1) : min(end, POSITIONS)] = 1
        if after is not None:
            attention[end : max(end, min(round(after.start * 50), POSITIONS))] = 0.4
        places.append((item.begins + here.place, attention))
    for place, token in enumerate(item.answer.tokens):
        time = token - LAYOUT.first_timestamp
        capped = place == 0 and time == LATEST_START * 50
        if time >= 0 and heard and not capped:
            places.append((item.begins + place, _around(time, _NEAR, _NEAR)))
    return places


def _behind(item: _Item) -> list[tuple[int, Floats]]:
    """Each token of the answer goes in one position after the one that foretold it."""
    places = []
    for place, start, end in item.answer.heard[:-1]:
        begin = max(0, min(round(start * 50), POSITIONS - 1))
        attention = np.zeros(POSITIONS + 1, np.float32)
        attention[begin : max(begin + 1, min(round(end * 50), POSITIONS))] = 1
        places.append((item.begins + place + 1, attention))
    for place, token in enumerate(item.answer.tokens[:-1]):
        time = token - LAYOUT.first_timestamp
        if time >= 0:
            places.append((item.begins + place + 1, _around(time, _NEAR - 1, _NEAR)))
    return places


def _around(position: int, before: int, after: int) -> Floats:
    attention = np.zeros(POSITIONS + 1, np.float32)
    begin = max(0, min(position - before, POSITIONS - 2 * _NEAR))
    attention[begin : min(POSITIONS, position + after)] = 1
    return attention


def _listening(places: Sequence[tuple[int, int, Floats]]) -> Listening:
    attention = np.array([place[2] for place in places], np.float32).reshape(-1, POSITIONS + 1)
    return Listening(
        np.array([place[0] for place in places], np.int64),
        np.array([place[1] for place in places], np.int64),
        attention / attention.sum(axis=1, keepdims=True),
    )
