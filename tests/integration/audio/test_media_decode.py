"""`audio.pcm` is there whole or not at all, however decoding ends."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from retender.audio import ffmpeg, media_errors
from retender.audio.decode import decode
from retender.audio.encode import flac
from retender.audio.sandbox import SandboxLimits, run
from retender.errors import CorruptMedia, EngineFailed, EngineUnavailable, StorageFull, WorkError
from retender.transcript.chunks import Chunk
from tests.support.engines.stuck_program import Stuck
from tests.support.sound.media import FFMPEG, ON_EITHER_FFMPEG, RATE, voice, wav

MOST = 60.0
SOUND = voice(3, seed=5)


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(wav(SOUND.tobytes()))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "job"
    made.mkdir()
    return made


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Stuck]:
    made = Stuck(tmp_path)
    yield made
    made.close()


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(("#!/bin/sh", *lines)))
    path.chmod(0o700)
    return str(path)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@ON_EITHER_FFMPEG
async def test_samples_of_16_khz_come_out_as_they_went_in(
    binary: str, upload: Path, folder: Path
) -> None:
    pcm = await decode(upload, folder, binary=binary, most_seconds=MOST)

    assert pcm.read(0, pcm.samples) == SOUND
    assert files(folder) == ["audio.pcm"]


async def test_what_is_whole_is_not_decoded_again(upload: Path, folder: Path) -> None:
    first = await decode(upload, folder, binary=FFMPEG, most_seconds=MOST)

    assert await decode(upload, folder, binary="/nowhere", most_seconds=MOST) == first


async def test_a_cancelled_decoding_ends_ffmpeg_and_leaves_nothing(
    upload: Path, folder: Path, stuck: Stuck
) -> None:
    decoding = asyncio.create_task(
        decode(upload, folder, binary=str(stuck.script), most_seconds=MOST)
    )
    await stuck.born()
    assert len(files(folder)) == 1

    decoding.cancel()

    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert files(folder) == []
    await stuck.dead()


async def test_what_a_killed_worker_left_is_swept_away(upload: Path, folder: Path) -> None:
    (folder / "killed.part").write_bytes(b"half a file")

    await decode(upload, folder, binary=FFMPEG, most_seconds=MOST)

    assert files(folder) == ["audio.pcm"]


async def test_what_another_worker_is_writing_is_left_alone(upload: Path, folder: Path) -> None:
    with (folder / "busy.part").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        await decode(upload, folder, binary=FFMPEG, most_seconds=MOST)

        assert files(folder) == ["audio.pcm", "busy.part"]


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("kill -KILL $$", EngineFailed),
        ("kill -SEGV $$", CorruptMedia),
        ("kill -XCPU $$", CorruptMedia),
        ("exit 1", CorruptMedia),
    ],
)
async def test_a_decoder_that_dies_on_the_way_leaves_nothing(
    end: str, error: type[WorkError], upload: Path, folder: Path
) -> None:
    """Only what was stopped from outside may go better next time."""
    fake = script(folder.parent / "ffmpeg", "head -c 9999 /dev/zero", end)

    with pytest.raises(error):
        await decode(upload, folder, binary=fake, most_seconds=MOST)

    assert files(folder) == []


async def test_a_missing_ffmpeg_is_no_fault_of_the_upload(upload: Path, folder: Path) -> None:
    with pytest.raises(EngineUnavailable):
        await decode(upload, folder, binary="/nowhere/ffmpeg", most_seconds=MOST)

    assert files(folder) == []


@ON_EITHER_FFMPEG
async def test_a_full_disk_is_no_fault_of_the_upload(binary: str, upload: Path) -> None:
    command = ffmpeg.decode_command(binary, upload, filters=("anull",), seconds=MOST)
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - a device, not a file
        ended = await run(command, SandboxLimits(output=1 << 20), output=full.fileno())

    error = media_errors.decoding_error(ended, b"RIFF", samples=0, most_seconds=MOST)

    assert type(error) is StorageFull


async def test_a_thousand_hours_may_be_allowed(upload: Path, folder: Path) -> None:
    pcm = await decode(upload, folder, binary=FFMPEG, most_seconds=3.6e6)

    assert pcm.samples == len(SOUND)


@ON_EITHER_FFMPEG
async def test_a_chunk_goes_out_as_flac_and_is_the_same_sound(
    binary: str, upload: Path, folder: Path
) -> None:
    pcm = await decode(upload, folder, binary=binary, most_seconds=MOST)
    chunk = Chunk(RATE // 2 + 7, 2 * RATE + 11)
    target = folder / "chunk.flac"

    await flac(pcm, chunk, target, binary=binary)

    again = folder / "again"
    again.mkdir()
    heard = await decode(target, again, binary=binary, most_seconds=MOST)
    assert heard.read(0, heard.samples) == SOUND[chunk.start : chunk.end]
    assert target.stat().st_size < 2 * heard.samples


async def test_a_chunk_that_cannot_be_encoded_leaves_no_file(upload: Path, folder: Path) -> None:
    pcm = await decode(upload, folder, binary=FFMPEG, most_seconds=MOST)
    target = folder / "chunk.flac"
    fake = script(folder.parent / "ffmpeg", f"echo half > {target}", "exit 1")

    with pytest.raises(EngineFailed):
        await flac(pcm, Chunk(0, RATE), target, binary=fake)

    assert files(folder) == ["audio.pcm"]
