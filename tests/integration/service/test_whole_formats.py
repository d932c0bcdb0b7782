"""A recording of any kind, handed in as it is, comes out as the same words."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from retender.jobs.job import Options
from retender.transcript.segments import Transcript
from tests.support.engines.recognition_service import Shape, WholeService, whole_service
from tests.support.sound.media import CARRIED, FORMATS, VIDEOS, ffmpeg, picture
from tests.support.sound.speech import Recording, needs_speech, say
from tests.support.sound.undisturbed import (
    assert_nothing_lost_or_doubled,
    share_in_time,
    words_with_times,
)

pytestmark = [needs_speech, pytest.mark.asyncio(loop_scope="module")]

OPTIONS = Options(word_timestamps=True)
ENCODERS_DELAY = 0.15

_AMR = "libopencore_amrnb"
_CLEAR_AT_8_KHZ = "gato agua rojo verde azul blanco"
"""Of what a telephone leaves of a voice the digits model mistakes some words; these it knows."""


@pytest.fixture(scope="module")
def recording() -> Recording:
    return say("seven alpha two bravo nine charlie four delta")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeService]:
    async with whole_service(tmp_path_factory.mktemp("data"), Shape(lanes=2)) as service:
        yield service


def assert_is_what_was_said(heard: Transcript, recording: Recording) -> None:
    assert_nothing_lost_or_doubled(recording.text.split(), heard.text.split())
    words = words_with_times(heard.segments)
    assert " ".join(word.word for word in words) == heard.text
    assert share_in_time(recording.words, words, ENCODERS_DELAY) >= 0.5


@pytest.mark.parametrize("name", FORMATS)
async def test_a_recording_of_any_kind_says_the_same(
    name: str, service: WholeService, recording: Recording, tmp_path: Path
) -> None:
    file, options = FORMATS[name]
    source = tmp_path / file
    ffmpeg("-i", recording.path, *options.split(), source)
    assert_is_what_was_said(await service.heard(source, OPTIONS), recording)


@pytest.mark.parametrize("name", VIDEOS)
async def test_of_a_video_the_words_are_heard(
    name: str, service: WholeService, recording: Recording, tmp_path: Path
) -> None:
    file, options = VIDEOS[name]
    source = tmp_path / file
    ffmpeg(*picture(6), "-i", recording.path, *options.split(), source)
    assert_is_what_was_said(await service.heard(source, OPTIONS), recording)


def _codes_amr() -> bool:
    """Debian's ffmpeg reads it but cannot make it; the one that imageio-ffmpeg carries can."""
    asked = [CARRIED, "-v", "error", "-encoders"]
    return _AMR in subprocess.run(asked, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(not _codes_amr(), reason="no ffmpeg here makes AMR")
async def test_a_telephones_recording_says_the_same(service: WholeService, tmp_path: Path) -> None:
    recording = say(_CLEAR_AT_8_KHZ, "es")
    source = tmp_path / "a.amr"
    ffmpeg("-i", recording.path, "-ar", "8000", "-c:a", _AMR, "-b:a", "12.2k", source, by=CARRIED)
    assert_is_what_was_said(await service.heard(source, OPTIONS), recording)


async def test_what_it_is_called_does_not_matter(
    service: WholeService, recording: Recording, tmp_path: Path
) -> None:
    source = tmp_path / "a.flac"
    ffmpeg("-i", recording.path, "-c:a", "libmp3lame", "-f", "mp3", source)
    assert_is_what_was_said(await service.heard(source, OPTIONS), recording)
