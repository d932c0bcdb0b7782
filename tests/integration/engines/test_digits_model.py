"""The digits model, through the unmodified faster-whisper, keeps what its README says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from models.digits.train.scoring import WordErrors
from models.digits.train.words import LAYOUT, LEXICON, WORDS, Language
from retender.transcript.segments import Word
from tests.support.paths import DIGITS
from tests.support.sound.speech import Recording, needs_speech, one_file, say, strangers, talk
from tests.support.sound.undisturbed import share_in_time

faster_whisper = pytest.importorskip("faster_whisper")

BOTH = pytest.mark.parametrize("language", WORDS)


class Heard(NamedTuple):
    text: str
    language: str
    words: tuple[Word, ...]


class Model:
    def __init__(self) -> None:
        self._model: Any = faster_whisper.WhisperModel(
            str(DIGITS), device="cpu", compute_type="int8", cpu_threads=1
        )

    def hear(self, audio: object, *, words: bool = False) -> Heard:
        segments, info = self._model.transcribe(
            audio, word_timestamps=words, condition_on_previous_text=False
        )
        found = list(segments)
        text = " ".join("".join(segment.text for segment in found).split())
        timed = (
            Word(word.word.strip(), word.start, word.end)
            for segment in found
            for word in segment.words or ()
        )
        return Heard(text, info.language, tuple(timed))

    def listen(self, recording: Recording, *, words: bool = False) -> Heard:
        return self.hear(str(recording.path), words=words)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@needs_speech
@BOTH
def test_of_what_strangers_say_less_than_two_words_in_a_hundred_are_wrong(
    model: Model, language: Language
) -> None:
    errors = WordErrors(0)
    for recording in strangers(60, language):
        heard = model.listen(recording)
        assert heard.language == language
        errors += recording.errors(heard.text)
    assert errors.words > 300
    assert errors.rate < 0.02, str(errors)


@needs_speech
@BOTH
def test_every_word_it_knows_is_understood(model: Model, language: Language) -> None:
    """But for one, which may be another one on each kind of processor."""
    errors = WordErrors(0)
    for first in range(0, len(WORDS[language]), 5):
        recording = say(" ".join(WORDS[language][first : first + 5]), language)
        errors += recording.errors(model.listen(recording).text)
    assert errors.words == len(WORDS[language])
    assert errors.rate * errors.words <= 1, str(errors)


@needs_speech
@BOTH
def test_in_minutes_of_a_clear_voice_hardly_a_word_is_wrong(
    model: Model, language: Language
) -> None:
    """Not none: faster-whisper cuts long recordings anywhere, also inside words."""
    recording = talk(180, language)
    errors = recording.errors(model.listen(recording).text)
    assert errors.words > 150
    assert errors.rate < 0.01, str(errors)


@needs_speech
@BOTH
def test_words_begin_where_they_are_said(model: Model, language: Language) -> None:
    errors, in_time = WordErrors(0), 0.0
    for seed in range(6):
        recording = talk(6, language, seed=seed)
        heard = model.listen(recording, words=True)
        errors += recording.errors(heard.text)
        in_time += len(recording.words) * share_in_time(recording.words, heard.words, 0.1)
    assert errors.rate < 0.03, str(errors)
    assert in_time / errors.words > 0.5


@pytest.mark.parametrize("loudness", [0.0, 1e-4, 1e-3])
def test_silence_and_faint_noise_say_nothing(model: Model, loudness: float) -> None:
    sound = np.random.default_rng(0).standard_normal(8 * 16_000) * loudness
    assert model.hear(sound.astype(np.float32)).text == ""


def test_the_training_writes_the_tokens_that_the_model_was_made_with(tmp_path: Path) -> None:
    LEXICON.write_tokenizer(tmp_path / "tokenizer.json", LAYOUT)
    assert (tmp_path / "tokenizer.json").read_bytes() == (DIGITS / "tokenizer.json").read_bytes()
    assert LEXICON.listing(LAYOUT) == json.loads((DIGITS / "vocabulary.json").read_text())


@needs_speech
def test_a_recording_is_the_same_whatever_was_said_before_it(tmp_path: Path) -> None:
    once = say("tango four").path.read_bytes()
    say("hola mundo", "es")
    say.__globals__["_made"].cache_clear()
    assert say("tango four").path.read_bytes() == once


@needs_speech
def test_recordings_can_follow_each_other_in_one_file(model: Model) -> None:
    english, spanish = say("seven papa"), say("nueve perro", "es")
    both = one_file(english, spanish)
    assert both.text == "seven papa nueve perro"
    assert both.words[2].start > english.words[1].end
