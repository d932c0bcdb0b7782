"""Which uploads Groq accepts unchanged, and the mark of jobs whose upload is sent unchanged.

A job's folder has either `audio.pcm`, whose parts are sent, or an empty file `whole.<format>` if
the upload itself is sent. Groq needs a file name with the format, and stored uploads have none, so
the format is read from the first bytes. An upload of unknown format is decoded.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Final

from retender.audio.decode import DECODED

_WHOLE: Final = "whole"

_HEAD_BYTES: Final = 64
_ID3_BYTES: Final = 10

_MAGIC: Final = {b"fLaC": "flac", b"OggS": "ogg", b"\x00\x00\x01\xba": "mpeg"}

_MP4_BRANDS: Final = {
    b"M4A ": "m4a",
    b"M4B ": "m4a",
    b"M4V ": "mp4",
    b"MSNV": "mp4",
    b"avc1": "mp4",
    b"dash": "mp4",
    b"iso2": "mp4",
    b"iso4": "mp4",
    b"iso5": "mp4",
    b"iso6": "mp4",
    b"isom": "mp4",
    b"mp41": "mp4",
    b"mp42": "mp4",
}

_EBML: Final = b"\x1a\x45\xdf\xa3"
_FRAME_SYNC: Final = 0xFFE0_0000
_RESERVED: Final = (
    (0x0018_0000, 0x0008_0000),  # version
    (0x0000_F000, 0x0000_F000),  # bit rate
    (0x0000_0C00, 0x0000_0C00),  # sampling rate
)
_MPEG_LAYERS: Final = {0b01: "mp3", 0b10: "mpga", 0b11: "mpga"}


def known_format(path: Path) -> str | None:
    """The upload's format as Groq calls it; None if Groq may not accept it."""
    with path.open("rb") as file:
        return _known(_after_tags(file))


def mark(file_format: str) -> str:
    """The name of the file that marks the job."""
    return f"{_WHOLE}.{file_format}"


def marks(names: Collection[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(f"{_WHOLE}."))


def marked_whole(names: Collection[str]) -> str | None:
    """The format of the upload if it is sent unchanged. `names` are the job's shared files."""
    if DECODED in names:
        # Another engine has prepared the job since.
        return None
    return next((name.removeprefix(f"{_WHOLE}.") for name in marks(names)), None)


def _after_tags(file: BinaryIO) -> bytes:
    head = file.read(_HEAD_BYTES)
    if not head.startswith(b"ID3") or len(head) < _ID3_BYTES:
        return head
    footer = _ID3_BYTES if head[5] & 0x10 else 0
    size = 0
    for seven_bits in head[6:_ID3_BYTES]:
        size = size << 7 | seven_bits & 0x7F
    file.seek(_ID3_BYTES + size + footer)
    return file.read(_HEAD_BYTES)


def _known(head: bytes) -> str | None:
    for magic, file_format in _MAGIC.items():
        if head.startswith(magic):
            return file_format
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(_EBML):
        return "webm" if b"webm" in head else None
    if head[4:8] == b"ftyp":
        return _MP4_BRANDS.get(head[8:12])
    return _mpeg_audio(int.from_bytes(head[:4], "big"))


def _mpeg_audio(header: int) -> str | None:
    """By the header of an MPEG audio frame. AAC begins in the same way, but has no layer."""
    if header & _FRAME_SYNC != _FRAME_SYNC:
        return None
    reserved = any(header & mask == value for mask, value in _RESERVED)
    return None if reserved else _MPEG_LAYERS.get(header >> 17 & 0b11)
