"""A damaged recording is read as far as it goes, or refused for what is wrong with it.

The real ffmpeg reads them. That it dies, hangs or takes too much is never the service's error.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from retender.audio import ffmpeg_report
from retender.audio.decode import decode
from retender.audio.probe import probe
from retender.errors import (
    CorruptMedia,
    NoAudioStream,
    RetenderError,
    TooLong,
    UnsupportedMedia,
)
from tests.support.sound.media import FFMPEG, FORMATS, RATE, voice, wav

SECONDS = 1.0
LONGEST = 30.0
KINDS = ("mp3", "wav", "m4a, aac", "flac", "ogg, opus", "webm, opus", "aiff", "caf", "w64", "wma")

ITS_OWN_FAULT = (CorruptMedia, NoAudioStream, TooLong, UnsupportedMedia)

SLOWER = 8
"""Than other properties: each example starts ffmpeg twice."""


@cache
def recorded(kind: str) -> bytes:
    name, options = FORMATS[kind]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.wav", Path(folder) / name
        source.write_bytes(wav(voice(SECONDS).tobytes()))
        command = [FFMPEG, "-v", "error", "-i", str(source), *options.split(), str(target)]
        subprocess.run(command, check=True)
        return target.read_bytes()


DAMAGES = st.lists(
    st.tuples(
        # Most of what a parser trips over is near the beginning.
        st.integers(0, 200) | st.integers(0, 1 << 20),
        st.integers(0, 8) | st.integers(0, 1 << 16),
        st.binary(max_size=8) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x7f\xff\xff\xff"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=settings().max_examples // SLOWER)
@given(st.sampled_from(KINDS), DAMAGES)
async def test_whatever_is_damaged_is_decoded_or_refused(
    kind: str, damages: list[tuple[int, int, bytes]]
) -> None:
    data = recorded(kind)
    for place, removed, added in damages:
        at = place % (len(data) or 1)
        data = data[:at] + added + data[at + removed :]
    with tempfile.TemporaryDirectory() as made:
        source, folder = Path(made) / "upload", Path(made) / "job"
        source.write_bytes(data)
        folder.mkdir()
        try:
            media = await probe(source, binary=FFMPEG)
            pcm = await decode(source, folder, binary=FFMPEG, most_seconds=LONGEST)
        except RetenderError as error:
            refused: RetenderError | None = error
        else:
            refused = None
            assert media.duration >= 0
            assert 0 < pcm.samples <= LONGEST * RATE
            assert pcm.path.stat().st_size == 2 * pcm.samples
        assert refused is None or isinstance(refused, ITS_OWN_FAULT), refused
        assert refused is None or list(folder.iterdir()) == []


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                *("Input #0, ", "mov,mp4", ", from 'x':\n", "  Duration: ", "N/A", "00:00:01.00"),
                *("99:99:99.99", ", start: ", "  Stream #0:0", ": Audio: ", "aac", " (LC), ", "\n"),
                *("Cannot allocate memory", "No space left on device", "[mp3 @ 0x1] ", "9" * 5000),
            ]
        ),
        max_size=12,
    ).map("".join)
)
@example("  Duration: 99999999999999:00:00.00, start")
def test_any_report_of_ffmpeg_is_read(text: str) -> None:
    found = ffmpeg_report.parse(text)
    assert found.duration is None or found.duration >= 0
