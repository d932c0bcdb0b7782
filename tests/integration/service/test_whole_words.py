"""What is said in a recording is what comes out of it, in its language and at its time; and where
nothing is said, nothing comes out.
"""

from __future__ import annotations

import asyncio
import wave
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from models.digits.train.words import WORDS, Language
from retender.jobs.job import Options
from tests.support.engines.recognition_service import Shape, WholeService, whole_service
from tests.support.sound.media import RATE, noise, silence, wav
from tests.support.sound.speech import Recording, needs_speech, one_file, talk
from tests.support.sound.undisturbed import heard_alone, share_in_time, words_with_times

pytestmark = [needs_speech, pytest.mark.asyncio(loop_scope="module")]

BREATHLESS = (0.0, 0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeService]:
    async with whole_service(tmp_path_factory.mktemp("data"), Shape(lanes=2)) as service:
        yield service


@pytest.mark.parametrize("language", WORDS)
async def test_the_language_of_a_recording_is_found(
    language: Language, service: WholeService
) -> None:
    recording = talk(20, language, seed=3)
    heard = await service.heard(recording.path, Options())
    assert heard.text == await undisturbed(recording, Options())
    assert heard.language == language
    assert (heard.language_probability or 0) > 0.5


async def test_languages_that_follow_each_other_in_one_file_are_told_apart(
    service: WholeService,
) -> None:
    parts: tuple[Language, ...] = ("es", "en", "es")
    recording = one_file(*(talk(25, part, seed=n) for n, part in enumerate(parts, 1)))
    options = Options(multilingual=True)
    heard = await service.heard(recording.path, options)
    assert heard.text == await undisturbed(recording, options)
    told = [segment.language for segment in heard.segments]
    changes = [code for n, code in enumerate(told) if n == 0 or told[n - 1] != code]
    assert changes == list(parts)


@pytest.mark.parametrize("language", WORDS)
async def test_each_word_is_told_when_it_is_said(language: Language, service: WholeService) -> None:
    recording = talk(40, language, seed=3)
    options = Options(word_timestamps=True)
    heard = await service.heard(recording.path, options)
    words = words_with_times(heard.segments)
    assert " ".join(word.word for word in words) == await undisturbed(recording, options)
    assert share_in_time(recording.words, words, 0.15) >= 0.7
    assert share_in_time(recording.words, words, 0.2, by="end") >= 0.5


@pytest.mark.parametrize("seconds", [0.5, 9.99, 10.0, 10.5, 20.5, 30.5])
async def test_a_recording_a_little_longer_than_its_windows_has_no_made_up_end(
    seconds: float, service: WholeService, tmp_path: Path
) -> None:
    """The digits model hears 10 s at once."""
    recording = cut_off(talk(35, seed=5, pause=BREATHLESS), seconds, tmp_path)
    options = Options(language="en")
    heard = await service.heard(recording.path, options)
    assert heard.text == await undisturbed(recording, options)
    assert heard.duration == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("sound", ["silence", "hiss", "roar", "music", "a twentieth of a second"])
@pytest.mark.parametrize("options", [Options(), Options(multilingual=True, word_timestamps=True)])
async def test_where_nothing_is_said_nothing_is_heard(
    sound: str, options: Options, service: WholeService, tmp_path: Path
) -> None:
    samples = {
        "silence": silence(25),
        "hiss": noise(12, loud=40),
        "roar": noise(12, loud=3000),
        "music": music(25),
        "a twentieth of a second": noise(0.05, loud=3000),
    }[sound]
    source = tmp_path / "a.wav"
    source.write_bytes(wav(samples.tobytes()))
    job = await service.ended(await service.submit(source, options))
    assert job.no_speech
    assert (await service.transcript(job.id)).segments == ()


async def undisturbed(recording: Recording, options: Options) -> str:
    return (await asyncio.to_thread(heard_alone, recording, options)).text


def cut_off(recording: Recording, seconds: float, folder: Path) -> Recording:
    """Of so many seconds: the words that fit in whole, and then nothing."""
    words = tuple(said for said in recording.words if said.end < seconds)
    with wave.open(str(recording.path), "rb") as file:
        samples = np.frombuffer(file.readframes(round(seconds * RATE)), np.int16).copy()
    samples[round(words[-1].end * RATE) if words else 0 :] = 0
    path = folder / "cut-off.wav"
    path.write_bytes(wav(samples.tobytes()))
    return Recording(path, words)


def music(seconds: float) -> array[int]:
    """Chords and a drum."""
    chance = np.random.default_rng(0)
    sound = np.zeros(round(seconds * RATE))
    beat = RATE // 2
    for number, start in enumerate(range(0, len(sound), beat)):
        at = np.arange(min(2 * beat, len(sound) - start)) / RATE
        root = (110.0, 146.8, 98.0, 130.8)[number // 4 % 4]
        tones = [root * third * n for third in (1, 1.26, 1.5, 2) for n in range(1, 6)]
        chord = sum(np.sin(2 * np.pi * tone * at) * root / tone for tone in tones)
        drum = chance.normal(0, 1, len(at)) * np.exp(-40 * at)
        sound[start : start + len(at)] += chord * np.exp(-2.5 * at) + drum
    return array("h", (sound / np.abs(sound).max() * 20_000).astype(np.int16).tobytes())
