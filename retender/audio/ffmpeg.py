"""Where ffmpeg is, and its command lines for files of clients.

ffmpeg can do much more than is wanted here: follow a playlist to other files and addresses, or
decode video. So the command line lists what is allowed. These options work only before the input:

- protocols: a file, and its own pipes. This alone does not stop a playlist;
- formats: those of recordings. This stops playlists;
- codecs: those of sound. Without this, even with `-vn`, video decoders are opened.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import ffmpeg  # type: ignore[import-untyped]  # it carries no types

from retender.audio.limits import PROGRAM_ALLOCATION
from retender.errors import EngineUnavailable
from retender.transcript.chunks import SAMPLE_RATE

PROTOCOLS: Final = ("file", "pipe")
FORMATS: Final = (
    *("mov", "matroska", "webm", "wav", "w64", "mp3", "ogg", "flac"),
    *("aac", "aiff", "amr", "caf", "asf"),
)
DECODERS: Final = (
    *("aac", "aac_latm", "mp3float", "mp3", "opus", "vorbis", "flac", "alac"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_s8"),
    *("pcm_mulaw", "pcm_alaw", "amrnb", "amrwb", "wmav2"),
)

_CODEC_OF_DECODER = {"mp3float": "mp3", "amrnb": "amr_nb", "amrwb": "amr_wb"}

CODECS: Final = frozenset(_CODEC_OF_DECODER.get(decoder, decoder) for decoder in DECODERS)
"""The codecs that those decoders read, by their ffmpeg names."""

_TIME = re.compile(r"\btime=(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def find(search: str) -> str:
    """The ffmpeg on this search path, otherwise the one from imageio-ffmpeg."""
    found = shutil.which("ffmpeg", path=search)
    if found is not None:
        return str(Path(found).resolve())
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped] # noqa: PLC0415 - untyped; optional

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise EngineUnavailable("no ffmpeg here: install it, or imageio-ffmpeg") from error


def probe_command(binary: str, source: Path) -> list[str]:
    """Prints what the file is, then fails because there is no output."""
    return [*_called(binary), *ffmpeg.get_args(_guarded(source).output("pipe:1"))[:-1]]


def duration_command(binary: str, source: Path) -> list[str]:
    """Reads the whole first sound track without decoding it, and prints how long it is."""
    return _compiled(binary, _guarded(source), "-", c="copy", f="null")


def decode_command(
    binary: str, source: Path, *, filters: tuple[str, ...], seconds: float
) -> list[str]:
    """Writes the first sound track as samples, and stops after `seconds`."""
    return _compiled(
        binary,
        _guarded(source),
        "pipe:1",
        af=",".join(filters),
        ac=1,
        ar=SAMPLE_RATE,
        t=f"{seconds:.3f}",
        f="s16le",
    )


def encode_command(
    binary: str, samples: Path, target: Path, *, start: int, length: int
) -> list[str]:
    """Writes a part of our own samples as FLAC: without loss, in half the bytes."""
    source = ffmpeg.input(
        f"file:{samples}",
        f="s16le",
        ar=SAMPLE_RATE,
        ac=1,
        protocol_whitelist=",".join(PROTOCOLS),
        format_whitelist="s16le",
        codec_whitelist="pcm_s16le",
        ss=f"{start / SAMPLE_RATE:.6f}",
        t=f"{length / SAMPLE_RATE:.6f}",
    )
    return [*_compiled(binary, source, f"file:{target}", f="flac"), "-y"]


def last_time(stderr: str) -> float | None:
    """The last position that ffmpeg printed, in seconds."""
    times = _TIME.findall(stderr)
    if not times:
        return None
    hours, minutes, seconds = times[-1]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _guarded(source: Path) -> Any:
    return ffmpeg.input(
        f"file:{source}",
        threads=1,
        protocol_whitelist=",".join(PROTOCOLS),
        format_whitelist=",".join(FORMATS),
        codec_whitelist=",".join(DECODERS),
    )


def _compiled(binary: str, source: Any, target: str, **options: Any) -> list[str]:
    only_sound: dict[str, Any] = {"map": "0:a:0", "vn": None, "sn": None, "dn": None}
    stream = source.output(target, **only_sound, **options)
    compiled: list[str] = ffmpeg.compile(stream, cmd=_called(binary))
    return compiled


def _called(binary: str) -> list[str]:
    """`-v info`, because the type of the file is read from the output; without progress lines."""
    quiet = ["-nostdin", "-hide_banner", "-nostats", "-v", "info"]
    return [binary, *quiet, "-max_alloc", str(PROGRAM_ALLOCATION), "-filter_threads", "1"]
