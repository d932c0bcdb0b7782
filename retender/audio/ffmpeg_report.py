"""What ffmpeg says about a file, read from what it prints while opening it."""

from __future__ import annotations

import re

import msgspec

_OPENED = re.compile(r"^Input #0, (\S+), from ", re.MULTILINE)
_END_OF_INPUT = re.compile(r"^(Stream mapping:|Output #0|At least one output)", re.MULTILINE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),", re.MULTILINE)
_SOUND = re.compile(r"^  Stream #0:\d+\S*: Audio: (\w+)", re.MULTILINE)
_GUESSED = "misdetection possible"
_NO_ROOM = ("No space left on device", "Disk quota exceeded")
_NO_MEMORY = "Cannot allocate memory"


class FfmpegReport(msgspec.Struct, frozen=True, kw_only=True):
    format: str | None = None
    """None: it was not opened."""
    guessed: bool = False
    """It could be anything; this is only what speaks least against it."""
    duration: float | None = None
    """As the file claims. Files err, and lie."""
    codecs: tuple[str, ...] = ()
    """Of its sound tracks, in order."""
    no_room: bool = False
    no_memory: bool = False


def parse(stderr: str) -> FfmpegReport:
    trouble = FfmpegReport(
        guessed=_GUESSED in stderr,
        no_room=any(words in stderr for words in _NO_ROOM),
        no_memory=_NO_MEMORY in stderr,
    )
    opened = _OPENED.search(stderr)
    if opened is None:
        return trouble
    about = stderr[opened.start() :]
    if ends := _END_OF_INPUT.search(about):
        about = about[: ends.start()]
    return msgspec.structs.replace(
        trouble,
        format=opened[1],
        duration=_seconds(_DURATION.search(about)),
        codecs=tuple(_SOUND.findall(about)),
    )


def _seconds(found: re.Match[str] | None) -> float | None:
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
