"""The type of a file, by its first bytes.

ffmpeg guesses from the whole file, and takes noise for a bad MP3. The first bytes distinguish a
damaged recording from a file that never was one. They are used for nothing else.
"""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64
"""How many bytes are needed."""

ACCEPTED: Final = (
    *("mp3", "wav", "m4a", "mp4", "mov", "flac", "ogg", "opus", "webm", "mkv"),
    *("aac", "aiff", "amr", "caf", "wma"),
)
"""File types named in error messages as accepted."""

_SIGNS: Final = (
    (0, b"RIFF", "wav"),
    (0, b"RF64", "wav"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"#!AMR", "amr"),
    (0, b"caff", "caf"),
    (0, b"FORM", "aiff"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
)

_FOREIGN: Final = (
    (b"%pdf-", "a PDF document"),
    (b"pk\x03\x04", "an archive or an office document"),
    (b"rar!\x1a\x07", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"\x1f\x8b\x08", "an archive"),
    (b"\x89png\r\n\x1a\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"gif8", "an image"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an image"),
    (b"#extm3u", "a playlist"),
    (b"\x7felf", "a program"),
)
"""In lower case, as they are compared."""

_SKIPPED: Final = b"\xef\xbb\xbf \t\r\n"
"""Bytes that may come before text and are skipped."""

_VERSION, _LAYER = 0x18, 0x06


def container_of(head: bytes) -> str | None:
    """The container, by its ffmpeg name; None if it is unknown."""
    for at, sign, name in _SIGNS:
        if head[at : at + len(sign)] == sign:
            return name
    return _bare_frame(head)


def foreign_type(head: bytes) -> str | None:
    """The type in words, if the file clearly is no recording; None if that is unknown."""
    text = head.lstrip(_SKIPPED).lower()
    return next((words for sign, words in _FOREIGN if text.startswith(sign)), None)


def _bare_frame(head: bytes) -> str | None:
    """MPEG audio without a container begins with eleven set bits."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - see above
        return None
    if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - twelve set bits and layer 0: AAC in ADTS
        return "aac"
    impossible = (
        head[1] & _VERSION == 0x08  # noqa: PLR2004 - the reserved version
        or head[1] & _LAYER == 0
        or head[2] & 0xF0 == 0xF0  # noqa: PLR2004 - no such bit rate
        or head[2] & 0x0C == 0x0C  # noqa: PLR2004 - no such sample rate
    )
    return None if impossible else "mp3"
