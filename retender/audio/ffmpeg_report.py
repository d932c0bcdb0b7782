"""Parses what ffmpeg prints about a file when it opens it."""

from __future__ import annotations

import re

import msgspec

_OPENED = re.compile(r"^Input #0, (\S+), from ", re.MULTILINE)
_END_OF_INPUT = re.compile(r"^(Stream mapping:|Output #0|At least one output)", re.MULTILINE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),", re.MULTILINE)
_SOUND = re.compile(r"^  Stream #0:\d+\S*: Audio: (\w+)", re.MULTILINE)
_GUESSED = "misdetection possible"
_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_NO_MEMORY = "Cannot allocate memory"


class FfmpegReport(msgspec.Struct, frozen=True, kw_only=True):
    format: str | None = None
    """None if the file could not be opened."""
    guessed: bool = False
    """The format is only a guess: the file could be anything."""
    duration: float | None = None
    """In seconds, as the file claims. It may be wrong."""
    codecs: tuple[str, ...] = ()
    """The codecs of its sound tracks, in order."""
    disk_full: bool = False
    no_memory: bool = False


def parse(stderr: str) -> FfmpegReport:
    failure = FfmpegReport(
        guessed=_GUESSED in stderr,
        disk_full=any(words in stderr for words in _DISK_FULL),
        no_memory=_NO_MEMORY in stderr,
    )
    opened = _OPENED.search(stderr)
    if opened is None:
        return failure
    text = stderr[opened.start() :]
    if ends := _END_OF_INPUT.search(text):
        text = text[: ends.start()]
    return msgspec.structs.replace(
        failure,
        format=opened[1],
        duration=_seconds(_DURATION.search(text)),
        codecs=tuple(_SOUND.findall(text)),
    )


def _seconds(found: re.Match[str] | None) -> float | None:
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
