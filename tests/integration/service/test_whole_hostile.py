"""What nobody should send fails its own job, by name, and nothing else: no other file is read, no
address asked, and the service goes on.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import termios
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from retender.audio.decode import DECODED
from retender.jobs.job import Options
from retender.jobs.states import Status
from tests.support.engines.recognition_service import (
    Shape,
    WholeService,
    whole_service,
    worker_processes,
)
from tests.support.sound.hostile import DAMAGED, NO_RECORDINGS, PLAYLISTS
from tests.support.sound.media import ffmpeg, voice, wav
from tests.support.sound.speech import Recording, needs_speech, say
from tests.support.sound.undisturbed import assert_nothing_lost_or_doubled, heard_alone

pytestmark = [needs_speech, pytest.mark.asyncio(loop_scope="module")]

MOST_SECONDS = 600.0
NO_EMPTY_ONES = [name for name, data in NO_RECORDINGS.items() if data]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeService]:
    """Its worker is the same from the first test to the last: nothing sent here kills it."""
    shape = Shape(lanes=2, most_seconds=MOST_SECONDS)
    async with whole_service(tmp_path_factory.mktemp("data"), shape) as service:
        await assert_hears(service, "seven alpha two")
        before = worker_processes()
        yield service
        await assert_hears(service, "nine charlie four")
        assert worker_processes() == before


class Secret:
    """A pipe with a recording in it: what somebody reads of it is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._size = os.write(self._pipe, wav(voice(1).tobytes()))

    @property
    def touched(self) -> bool:
        left = array("i", [0])
        fcntl.ioctl(self._pipe, termios.FIONREAD, left)
        return left[0] != self._size

    def close(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Secret]:
    secret = Secret(tmp_path / "secret.wav")
    yield secret
    secret.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


async def assert_hears(service: WholeService, words: str) -> None:
    recording = say(words)
    assert (await service.heard(recording.path, Options())).text == await undisturbed(recording)


async def undisturbed(recording: Recording) -> str:
    return (await asyncio.to_thread(heard_alone, recording)).text


async def refused(service: WholeService, source: Path) -> str:
    """The code. A job that fails for good is tried once, and leaves no samples behind."""
    job = await service.ended(await service.submit(source, Options()))
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert not job.failure.retryable
    assert not (service.folder / "jobs" / job.id / DECODED).exists()
    return job.failure.code


@pytest.mark.parametrize("kind", PLAYLISTS)
async def test_a_playlist_leads_to_no_file_and_no_address(
    kind: str, service: WholeService, tmp_path: Path, secret: Secret, listener: socket.socket
) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
    for target in (f"file:{secret.path}", str(secret.path), address):
        source = tmp_path / "a.mp3"
        source.write_text(PLAYLISTS[kind].format(target=target))
        assert await refused(service, source) == "unsupported_media"
    assert not secret.touched
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("kind", NO_EMPTY_ONES)
async def test_what_is_no_recording_is_not_supported(
    kind: str, service: WholeService, tmp_path: Path
) -> None:
    source = tmp_path / "a.mp3"
    source.write_bytes(NO_RECORDINGS[kind])
    assert await refused(service, source) == "unsupported_media"


@pytest.mark.parametrize("kind", DAMAGED)
async def test_a_damaged_recording_is_called_so(
    kind: str, service: WholeService, tmp_path: Path
) -> None:
    """Among them 60,000 channels, and samples that are not numbers."""
    source = tmp_path / "a.wav"
    source.write_bytes(DAMAGED[kind])
    assert await refused(service, source) == "corrupt_media"


async def test_a_recording_without_its_index_is_damaged(
    service: WholeService, tmp_path: Path
) -> None:
    whole, source = tmp_path / "whole.m4a", tmp_path / "a.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=d=20", "-c:a", "aac", whole)
    source.write_bytes(whole.read_bytes()[:20_000])
    assert await refused(service, source) == "corrupt_media"


async def test_a_video_without_sound_has_no_sound(service: WholeService, tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=160x120", "-c:v", "mpeg4", source)
    assert await refused(service, source) == "no_audio_stream"


async def test_a_small_file_of_many_hours_is_too_long(
    service: WholeService, tmp_path: Path
) -> None:
    source = tmp_path / "a.flac"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=36000", "-c:a", "flac", source)
    assert await refused(service, source) == "too_long"


async def test_a_few_samples_cannot_be_blown_up_beyond_the_limit(
    service: WholeService, tmp_path: Path
) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(wav(bytes(2000), rate=1))
    assert await refused(service, source) == "too_long"


@pytest.mark.parametrize("claims", [0, 0x7FFFFFFF, 0xFFFFFFFF])
async def test_a_header_that_lies_about_the_length_costs_no_word(
    claims: int, service: WholeService, tmp_path: Path
) -> None:
    recording = say("seven alpha two bravo")
    source = tmp_path / "a.wav"
    source.write_bytes(wav(recording.path.read_bytes()[44:], claims=claims))
    assert (await service.heard(source, Options())).text == await undisturbed(recording)


async def test_of_a_recording_that_breaks_off_the_beginning_is_heard(
    service: WholeService, tmp_path: Path
) -> None:
    recording = say("seven alpha two bravo nine charlie four delta")
    source = tmp_path / "a.mp3"
    ffmpeg("-i", recording.path, "-b:a", "64k", source)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    heard = (await service.heard(source, Options())).text.split()
    assert 3 <= len(heard) < 8
    assert_nothing_lost_or_doubled(recording.text.split()[:3], heard[:3])
