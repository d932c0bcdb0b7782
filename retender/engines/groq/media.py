"""What Groq takes as it is, and how it is remembered that a job's upload is one of these.

What is to be sent for a job lies in its folder: `audio.pcm`, or an empty file `whole.<format>` in
its stead, where the upload itself is sent. Groq goes by the name that a file has, and uploads have
none here, so the format is read from the first bytes. What is not known for certain is decoded.
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
    """The upload's format as Groq calls it; None where Groq may not take it."""
    with path.open("rb") as file:
        return _known(_behind_tags(file))


def mark(kind: str) -> str:
    """The name of the file that says so."""
    return f"{_WHOLE}.{kind}"


def marks(names: Collection[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(f"{_WHOLE}."))


def marked_whole(names: Collection[str]) -> str | None:
    """The format of the upload that is to be sent as it is, by the names of what there is."""
    if DECODED in names:
        # Someone else has prepared the job since.
        return None
    return next((name.removeprefix(f"{_WHOLE}.") for name in marks(names)), None)


def _behind_tags(file: BinaryIO) -> bytes:
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
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(_EBML):
        return "webm" if b"webm" in head else None
    if head[4:8] == b"ftyp":
        return _MP4_BRANDS.get(head[8:12])
    return _mpeg_audio(int.from_bytes(head[:4], "big"))


def _mpeg_audio(header: int) -> str | None:
    """By the header of an MPEG audio frame; AAC begins alike, but names no layer."""
    if header & _FRAME_SYNC != _FRAME_SYNC:
        return None
    reserved = any(header & mask == value for mask, value in _RESERVED)
    return None if reserved else _MPEG_LAYERS.get(header >> 17 & 0b11)
