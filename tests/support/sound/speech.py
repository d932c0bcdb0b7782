"""Recordings whose every word is known, spoken by espeak-ng while the tests run.

The digits model understands the clear voices to the word, so whatever is lost or doubled in their
recordings was lost or doubled by us. Held-out speakers are harder: there the errors are counted.

espeak-ng remembers what it has said before. So each recording is made in a process of its own,
forked from one that has imported all and said nothing, and is the same again in every run,
whatever else was recorded; within one run it is made once.
"""

from __future__ import annotations

import atexit
import tempfile
import wave
from functools import cache
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from models.digits.train.espeak import SAMPLE_RATE, Voice, installed
from models.digits.train.scoring import WordErrors, word_errors
from models.digits.train.speech import HELD_OUT, Manner, Phrase, Said, phrase
from models.digits.train.utterances import (
    held_out,
    one_after_the_other,
    surrounded,
)
from models.digits.train.words import WORDS, Language
from tests.support.forking import forked_with

CLEAR: dict[Language, Voice] = {"en": Voice("en-us"), "es": Voice("es")}

_RECORDERS = forked_with(__name__)

_APART = 10
"""Words between two equal ones, at least."""

needs_speech = pytest.mark.skipif(not installed(), reason="libespeak-ng is not here")


class Recording(NamedTuple):
    path: Path
    words: tuple[Said, ...]

    @property
    def text(self) -> str:
        return " ".join(said.word for said in self.words)

    def errors(self, heard: str) -> WordErrors:
        return word_errors(self.text.split(), heard.split())


def say(
    words: str,
    language: Language = "en",
    *,
    voice: Voice | None = None,
    manner: Manner = "apart",
    lead: float = 0.3,
    tail: float = 0.4,
) -> Recording:
    """These words. The clear voice is sure to be understood only in the manner `apart`."""
    spoken_by = voice or CLEAR[language]
    (recording,) = _made(_Say(tuple(words.split()), spoken_by, manner, lead, tail))
    return recording


def talk(
    seconds: float,
    language: Language = "en",
    *,
    seed: int = 0,
    voice: Voice | None = None,
    manner: Manner = "apart",
    pause: tuple[float, float] = (0.5, 1.8),
) -> Recording:
    """At least so many seconds of phrases with pauses between.

    No word comes again soon: for the model, two equal ones close together may be one.
    """
    (recording,) = _made(_Talk(seconds, language, seed, voice or CLEAR[language], manner, pause))
    return recording


def strangers(count: int, language: Language, *, seed: int = 0) -> tuple[Recording, ...]:
    """So many short recordings of speakers whom the model has never heard."""
    return _made(_Strangers(count, language, seed))


@cache
def one_file(*recordings: Recording) -> Recording:
    """One after the other, in whatever languages they are."""
    phrases = []
    for recording in recordings:
        with wave.open(str(recording.path), "rb") as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        sound = samples.astype(np.float32) / np.float32(32768)
        phrases.append(Phrase(sound, recording.words))
    whole = one_after_the_other(phrases)
    path = _folder() / f"{_digest(repr(recordings).encode())}.wav"
    _write(path, whole)
    return Recording(path, whole.words)


class _Say(msgspec.Struct, frozen=True, tag=True):
    words: tuple[str, ...]
    voice: Voice
    manner: Manner
    lead: float
    tail: float

    def phrases(self) -> list[Phrase]:
        said = phrase(self.words, self.voice, self.manner, np.random.default_rng(0))
        return [surrounded(said, self.lead, self.tail)]


class _Talk(msgspec.Struct, frozen=True, tag=True):
    seconds: float
    language: Language
    seed: int
    voice: Voice
    manner: Manner
    pause: tuple[float, float]

    def phrases(self) -> list[Phrase]:
        random = np.random.default_rng(self.seed)
        parts: list[Phrase] = []
        recent: list[str] = []
        length = 0
        while length < self.seconds * SAMPLE_RATE:
            fresh = [word for word in WORDS[self.language] if word not in recent]
            words = [str(word) for word in random.permutation(fresh)[: random.integers(1, 9)]]
            recent = [*recent, *words][-_APART:]
            said = phrase(words, self.voice, self.manner, random)
            parts.append(surrounded(said, 0.0 if parts else 0.3, random.uniform(*self.pause)))
            length += len(parts[-1].sound)
        return [one_after_the_other(parts)]


class _Strangers(msgspec.Struct, frozen=True, tag=True):
    count: int
    language: Language
    seed: int

    def phrases(self) -> list[Phrase]:
        random = np.random.default_rng(self.seed)
        return [held_out(self.language, HELD_OUT, random) for _ in range(self.count)]


_Order = _Say | _Talk | _Strangers


@cache
def _made(order: _Order) -> tuple[Recording, ...]:
    prefix = _folder() / _digest(msgspec.json.encode(order))
    told, tells = _RECORDERS.Pipe(duplex=False)
    recorder = _RECORDERS.Process(target=_record, args=(order, prefix, tells))
    recorder.start()
    tells.close()
    truths: list[tuple[Said, ...]] = told.recv()
    recorder.join()
    return tuple(Recording(_numbered(prefix, n), words) for n, words in enumerate(truths))


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="known-words-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _numbered(prefix: Path, number: int) -> Path:
    return prefix.with_name(f"{prefix.name}-{number}.wav")


def _write(path: Path, said: Phrase) -> None:
    samples = np.clip(said.sound * 32767, -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def _record(order: _Order, prefix: Path, tells: Connection) -> None:
    phrases = order.phrases()
    for number, said in enumerate(phrases):
        _write(_numbered(prefix, number), said)
    tells.send([said.words for said in phrases])
