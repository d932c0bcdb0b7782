"""Which error follows from ffmpeg's report about a file, after probing or decoding it.

A recording that breaks off is transcribed up to there. But if only a moment is left of an hour, it
is an error: otherwise a damaged file would count as a silent one.
"""

from __future__ import annotations

import signal
from typing import Final

from retender.audio.containers import ACCEPTED, container_of
from retender.audio.ffmpeg import CODECS
from retender.audio.ffmpeg_report import FfmpegReport, parse
from retender.audio.sandbox import ProgramEnded
from retender.errors import (
    CorruptMedia,
    EngineFailed,
    NoAudioStream,
    RetenderError,
    TooLong,
    UnsupportedMedia,
    WorkError,
)
from retender.storage.disk_space import storage_full
from retender.transcript.chunks import SAMPLE_RATE

LEAST_DECODED: Final = 0.01
"""This share of the duration that a file claims must be decoded."""

_UNKNOWN_CODEC = "none"
_ACCEPTED = ", ".join(ACCEPTED)


def program_error(ended: ProgramEnded, report: FfmpegReport) -> RetenderError | None:
    """Why the program was stopped, by a limit or from outside; None if it ended by itself."""
    if report.disk_full:
        return storage_full("the decoded audio", "it filled up while decoding")
    if ended.timed_out:
        return EngineFailed("reading the file took longer than it may on this machine")
    return None if ended.stopped_by is None else _of_signal(ended.stopped_by)


def probe_error(report: FfmpegReport, head: bytes) -> RetenderError | None:
    """None if the file has a sound track that can be decoded."""
    container = container_of(head)
    if container is None and (report.format is None or report.guessed):
        return _unsupported("this is not a recording of any known type")
    if report.no_memory:
        return CorruptMedia("the file takes more memory to read than any recording should")
    if report.format is None:
        return CorruptMedia(f"the file is damaged or incomplete: it begins as {container}, no more")
    if not report.codecs:
        return NoAudioStream("the file has no sound track")
    codec = report.codecs[0]
    if codec not in CODECS:
        how = "in an unknown way" if codec == _UNKNOWN_CODEC else f"as {codec}"
        return _unsupported(f"sound coded {how} is not supported")
    return None


def decoding_error(
    ended: ProgramEnded, head: bytes, *, samples: int, most_seconds: float
) -> RetenderError | None:
    """None if these samples are the recording."""
    report = parse(ended.stderr)
    error = program_error(ended, report)
    if error is not None:
        return error
    seconds = samples / SAMPLE_RATE
    if seconds > most_seconds:
        return TooLong(f"the recording is longer than {most_seconds:g} s", limit=most_seconds)
    error = probe_error(report, head)
    if error is not None:
        return error
    claimed = report.duration or 0.0
    if samples == 0 or seconds < LEAST_DECODED * claimed:
        return CorruptMedia("the file is damaged: no sound can be read from it")
    return None


def _of_signal(stopped_by: signal.Signals) -> WorkError:
    match stopped_by:
        case signal.SIGKILL:
            return EngineFailed("reading the file was stopped from outside")
        case signal.SIGXCPU:
            return CorruptMedia("the file takes more work to read than any recording should")
        case signal.SIGXFSZ:
            return TooLong("the recording is longer than allowed")
        case _:
            return CorruptMedia(f"the file cannot be read: the decoder dies ({stopped_by.name})")


def _unsupported(why: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"{why}; accepted are {_ACCEPTED}", accepted=list(ACCEPTED))
