"""What reads strangers' files is kept by the kernel from all other files, and from the network."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from retender.audio import isolation
from retender.audio.decode import decode
from retender.audio.encode import flac
from retender.audio.isolation import Files
from retender.audio.probe import probe
from retender.audio.sandbox import ProgramEnded, SandboxLimits, run
from retender.transcript.chunks import Chunk
from tests.support.sound.media import CARRIED, FFMPEG, ON_EITHER_FFMPEG, RATE, voice, wav

needs_isolation = pytest.mark.usefixtures("isolated")


@pytest.fixture
def isolated() -> None:
    if missing := isolation.missing(FFMPEG):
        pytest.skip(f"no program can be isolated here: {missing}")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    made = tmp_path / "a.wav"
    made.write_bytes(wav(voice(1).tobytes()))
    return made


@pytest.fixture
def not_isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "missing", lambda binary: f"nothing isolates {binary}")


async def read(binary: str, address: str, *allowed: Path) -> ProgramEnded:
    """ffmpeg without its own lists of what it may open, as if a file had got around them."""
    command = [binary, "-nostdin", "-v", "error", "-i", address, "-f", "null", "-"]
    return await run(command, SandboxLimits(), files=Files(reads=allowed))


@needs_isolation
@ON_EITHER_FFMPEG
async def test_it_reads_the_given_file_and_no_other(
    binary: str, recording: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.wav"
    shutil.copy(recording, other)

    assert (await read(binary, str(recording), recording)).code == 0
    ended = await read(binary, str(other), recording)
    assert ended.code != 0
    assert "Permission denied" in ended.stderr


@needs_isolation
async def test_it_lists_no_folder_and_reads_no_settings_of_the_machine(recording: Path) -> None:
    for place in ("/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", str(Path(__file__))):
        ended = await read(FFMPEG, f"file:{place}", recording)
        assert "Permission denied" in ended.stderr, place


@needs_isolation
async def test_it_writes_only_where_it_is_told(recording: Path, tmp_path: Path) -> None:
    told, untold = tmp_path / "told.flac", tmp_path / "untold.flac"
    for target in (told, untold):
        target.touch()
        command = [FFMPEG, "-nostdin", "-v", "error", "-y", "-i", str(recording), str(target)]
        await run(
            command,
            SandboxLimits(output=1 << 20),
            files=Files(reads=(recording,), writes=(told,)),
        )

    assert told.stat().st_size > 0
    assert untold.stat().st_size == 0


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@needs_isolation
@pytest.mark.parametrize("protocol", ["tcp", "udp", "http", "rtp"])
async def test_it_opens_no_socket(protocol: str, listening: socket.socket, recording: Path) -> None:
    port = listening.getsockname()[1]
    ended = await read(FFMPEG, f"{protocol}://127.0.0.1:{port}", recording)

    assert ended.code != 0
    with pytest.raises(BlockingIOError):
        listening.accept()


@ON_EITHER_FFMPEG
@pytest.mark.parametrize("isolates", [True, False])
async def test_the_work_is_the_same_where_it_cannot_be_had(
    binary: str,
    recording: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    *,
    isolates: bool,
) -> None:
    if not isolates:
        request.getfixturevalue("not_isolated")
    folder = tmp_path / "job"
    folder.mkdir()

    media = await probe(recording, binary=binary)
    pcm = await decode(recording, folder, binary=binary, most_seconds=10)
    await flac(pcm, Chunk(0, RATE), folder / "chunk.flac", binary=binary)

    assert media.duration == pytest.approx(1, abs=0.1)
    assert pcm.samples == RATE
    assert (await probe(folder / "chunk.flac", binary=binary)).codec == "flac"


def test_a_program_that_cannot_start_in_isolation_is_run_without(tmp_path: Path) -> None:
    """For example, one whose libraries are in an unusual place."""
    odd = tmp_path / "ffmpeg"
    odd.write_text(f'#!/bin/sh\nexec {CARRIED} "$@"\n')
    odd.chmod(0o755)

    assert isolation.missing(str(odd))
