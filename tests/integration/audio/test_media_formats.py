"""Every kind of recording that people have comes out as the same sound at the same time."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from retender.audio.cleaning import Channel, Cleaning
from retender.audio.decode import decode
from retender.audio.probe import probe
from tests.support.sound.media import (
    FORMATS,
    ON_EITHER_FFMPEG,
    RATE,
    VIDEOS,
    ffmpeg,
    likeness,
    picture,
    silence,
    voice,
    wav,
)

MOST = 60.0
ENCODERS_DELAY = 0.08
"""Some encoders begin with a frame or two of nothing, and some containers do not tell."""

AS_IT_IS = Cleaning()
SOUND = voice(4, seed=1)
PICTURE = picture(4)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original.wav"
    path.write_bytes(wav(SOUND.tobytes()))
    return path


async def heard(source: Path, binary: str, cleaning: Cleaning = AS_IT_IS) -> array[int]:
    folder = source.with_suffix(".job")
    folder.mkdir()
    pcm = await decode(source, folder, binary=binary, most_seconds=MOST, cleaning=cleaning)
    assert pcm == pcm.at(folder / "audio.pcm")
    return pcm.read(0, pcm.samples)


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("name", FORMATS)
async def test_a_recording_of_any_kind_sounds_the_same(
    name: str, binary: str, original: Path
) -> None:
    file, options = FORMATS[name]
    source = original.with_name(file)
    ffmpeg("-i", original, *options.split(), source)

    samples = await heard(source, binary)

    assert abs(len(samples) - len(SOUND)) <= 2 * ENCODERS_DELAY * RATE
    assert likeness(samples, SOUND, within=ENCODERS_DELAY) > 0.99
    assert (await probe(source, binary=binary)).duration == pytest.approx(4, abs=0.2)


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("name", VIDEOS)
async def test_of_a_video_the_sound_is_taken(name: str, binary: str, original: Path) -> None:
    file, options = VIDEOS[name]
    source = original.with_name(file)
    ffmpeg(*PICTURE, "-i", original, *options.split(), source)

    assert likeness(await heard(source, binary), SOUND, within=ENCODERS_DELAY) > 0.99


@ON_EITHER_FFMPEG
async def test_a_recording_of_a_telephone_is_understood(
    binary: str, original: Path, tmp_path: Path
) -> None:
    """AMR cannot be made everywhere: these are six frames of silence, as a telephone sends them."""
    source = tmp_path / "a.amr"
    frame = bytes.fromhex("3c91171689b66d2bc2d0f7cbb0e4b3c6b0f1fd4e9ab8d8b5cb2d0aa5e8a8b1c0")
    source.write_bytes(b"#!AMR\n" + frame * 6)

    assert len(await heard(source, binary)) == pytest.approx(6 * RATE // 50, abs=RATE // 50)


@ON_EITHER_FFMPEG
async def test_the_length_of_a_recording_that_does_not_tell_it_is_counted(
    binary: str, original: Path
) -> None:
    source = original.with_name("live.webm")
    ffmpeg("-i", original, "-c:a", "libopus", "-live", "1", source)

    media = await probe(source, binary=binary)

    assert media.codec == "opus"
    assert media.duration == pytest.approx(4, abs=0.2)


@ON_EITHER_FFMPEG
async def test_sound_that_begins_after_the_picture_keeps_its_time(
    binary: str, original: Path
) -> None:
    source = original.with_name("late.mp4")
    late = ("-itsoffset", "2", "-i", original)
    ffmpeg(*PICTURE, *late, "-c:v", "mpeg4", "-c:a", "aac", source)

    samples = await heard(source, binary)

    assert likeness(samples, silence(2) + SOUND, within=ENCODERS_DELAY) > 0.99


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("file", ["a.mp3", "a.flac", "a.opus", "a.aac"])
async def test_recordings_strung_together_are_heard_to_the_end(
    file: str, binary: str, original: Path
) -> None:
    source = original.with_name(file)
    ffmpeg("-i", original, source)
    source.write_bytes(3 * source.read_bytes())

    samples = await heard(source, binary)

    assert len(samples) == pytest.approx(3 * len(SOUND), abs=3 * 2 * ENCODERS_DELAY * RATE)


@ON_EITHER_FFMPEG
@pytest.mark.parametrize(
    ("channel", "expected"),
    [(Channel.LEFT, SOUND), (Channel.RIGHT, voice(4, seed=2))],
    ids=["left", "right"],
)
async def test_one_side_of_a_stereo_recording_can_be_chosen(
    binary: str, tmp_path: Path, channel: Channel, expected: array[int]
) -> None:
    both = array("h", (x for pair in zip(SOUND, voice(4, seed=2), strict=True) for x in pair))
    source = tmp_path / "stereo.wav"
    source.write_bytes(wav(both.tobytes(), channels=2))

    samples = await heard(source, binary, Cleaning(channel=channel))

    assert samples == expected


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("channel", list(Channel))
async def test_a_mono_recording_has_every_side(
    binary: str, original: Path, channel: Channel
) -> None:
    assert likeness(await heard(original, binary, Cleaning(channel=channel)), SOUND) > 0.999


@ON_EITHER_FFMPEG
async def test_all_cleaning_at_once_keeps_length_and_time(binary: str, original: Path) -> None:
    everything = Cleaning(high_pass=80, noise_reduction=True, loudness=True)

    samples = await heard(original, binary, everything)

    assert len(samples) == len(SOUND)
    assert likeness(samples, SOUND, within=ENCODERS_DELAY) > 0.7


def test_nothing_is_cleaned_unasked() -> None:
    assert len(Cleaning().filters()) == 1
