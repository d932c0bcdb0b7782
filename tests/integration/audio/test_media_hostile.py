"""What nobody should send gets its name, and touches nothing on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from retender.audio.decode import decode
from retender.audio.probe import probe
from retender.errors import (
    CorruptMedia,
    NoAudioStream,
    TooLong,
    UnsupportedMedia,
    UploadExpired,
    WorkError,
)
from tests.support.sound.hostile import DAMAGED, NO_RECORDINGS, PLAYLISTS
from tests.support.sound.media import ON_EITHER_FFMPEG, ffmpeg, likeness, voice, wav

MOST = 60.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def ten_hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("silence") / "a.flac"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=36000", "-c:a", "flac", source)
    return source


def folder_for(source: Path) -> Path:
    folder = source.parent / "job"
    folder.mkdir(exist_ok=True)
    return folder


async def refused(source: Path, binary: str, *, most: float = MOST) -> WorkError:
    """Why it is not decoded. Nothing is left of the attempt."""
    with pytest.raises(WorkError) as caught:
        await decode(source, folder_for(source), binary=binary, most_seconds=most)
    assert not any(folder_for(source).iterdir())
    assert not caught.value.retryable
    return caught.value


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("kind", PLAYLISTS)
async def test_a_playlist_leads_to_no_file_and_no_address(
    kind: str, binary: str, tmp_path: Path, listener: socket.socket
) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav(voice(2).tobytes()))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
    for target in (f"file:{secret}", secret.name, address):
        for name in ("a.mp3", "a.m3u8"):
            source = tmp_path / name
            source.write_text(PLAYLISTS[kind].format(target=target))
            assert type(await refused(source, binary)) is UnsupportedMedia

    with pytest.raises(BlockingIOError):
        listener.accept()


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("kind", NO_RECORDINGS)
async def test_what_is_no_recording_is_told_what_is_one(
    kind: str, binary: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.mp3"
    source.write_bytes(NO_RECORDINGS[kind])

    error = await refused(source, binary)

    assert type(error) is UnsupportedMedia
    assert "mp3" in error.details["accepted"]
    with pytest.raises(UnsupportedMedia):
        await probe(source, binary=binary)


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("kind", DAMAGED)
async def test_a_damaged_recording_is_called_so(kind: str, binary: str, tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(DAMAGED[kind])

    assert type(await refused(source, binary)) is CorruptMedia


@ON_EITHER_FFMPEG
async def test_a_recording_without_its_index_is_damaged(binary: str, tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.m4a", tmp_path / "a.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=d=20", "-c:a", "aac", whole)
    source.write_bytes(whole.read_bytes()[:20_000])

    assert type(await refused(source, binary)) is CorruptMedia


@ON_EITHER_FFMPEG
async def test_a_video_without_sound_has_no_sound(binary: str, tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=160x120", "-c:v", "mpeg4", source)

    assert type(await refused(source, binary)) is NoAudioStream
    with pytest.raises(NoAudioStream):
        await probe(source, binary=binary)


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("codec", ["ac3", "pcm_f64le"])
async def test_sound_of_an_unknown_kind_is_named(codec: str, binary: str, tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", codec, source)

    error = await refused(source, binary)

    assert type(error) is UnsupportedMedia
    assert codec in error.message


@ON_EITHER_FFMPEG
async def test_sound_of_a_kind_that_does_not_exist_is_not_supported(
    binary: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(wav(bytes(20_000), bits=1000))

    assert "unknown" in (await refused(source, binary)).message


@ON_EITHER_FFMPEG
async def test_a_small_file_of_many_hours_is_too_long(binary: str, ten_hours: Path) -> None:
    error = await refused(ten_hours, binary, most=600.0)

    assert type(error) is TooLong
    assert error.details == {"limit": 600.0}


@ON_EITHER_FFMPEG
async def test_a_few_samples_cannot_be_blown_up_beyond_the_limit(
    binary: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(wav(bytes(2000), rate=1))

    assert type(await refused(source, binary)) is TooLong


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("claims", [0, 10, 0x7FFFFFFF, 0xFFFFFFFF])
async def test_a_header_that_lies_about_the_length_is_not_believed(
    binary: str, tmp_path: Path, claims: int
) -> None:
    sound = voice(3)
    source = tmp_path / "a.wav"
    source.write_bytes(wav(sound.tobytes(), claims=claims))

    pcm = await decode(source, folder_for(source), binary=binary, most_seconds=MOST)

    assert pcm.samples == (5 if claims == 10 else len(sound))


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("file", ["a.mp3", "a.flac", "a.ogg", "a.webm", "a.wav"])
async def test_of_a_recording_that_breaks_off_the_beginning_is_saved(
    binary: str, tmp_path: Path, file: str
) -> None:
    sound = voice(6)
    original, whole, source = tmp_path / "o.wav", tmp_path / f"whole-{file}", tmp_path / file
    original.write_bytes(wav(sound.tobytes()))
    ffmpeg("-i", original, whole)
    data = whole.read_bytes()
    source.write_bytes(data[: len(data) // 2])

    pcm = await decode(source, folder_for(source), binary=binary, most_seconds=MOST)

    assert 1.5 < pcm.seconds < 4.5
    assert likeness(pcm.read(0, pcm.samples), sound[: pcm.samples], within=0.1) > 0.95


@ON_EITHER_FFMPEG
async def test_of_an_hour_a_moment_is_not_enough(binary: str, tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.m4a", tmp_path / "a.m4a"
    first = ("-movflags", "+faststart")
    ffmpeg("-f", "lavfi", "-i", "sine=d=200", "-ar", "8000", "-c:a", "aac", *first, whole)
    data = whole.read_bytes()
    start = data.index(b"mdat")
    source.write_bytes(data[: start + 3000])

    assert type(await refused(source, binary)) is CorruptMedia


async def test_an_upload_that_is_gone_has_expired(tmp_path: Path) -> None:
    assert type(await refused(tmp_path / "a.wav", "/nowhere")) is UploadExpired
