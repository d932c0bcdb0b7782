"""Finds out the type and duration of a file, without decoding it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from retender.audio import ffmpeg, ffmpeg_report, media_errors
from retender.audio.containers import HEAD_BYTES
from retender.audio.ffmpeg_report import FfmpegReport
from retender.audio.isolation import Files
from retender.audio.sandbox import ProgramEnded, SandboxLimits, run
from retender.errors import CorruptMedia, UploadExpired

LIMITS: Final = SandboxLimits()


class Media(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    """The container, as ffmpeg calls it: `mov,mp4,m4a,3gp,3g2,mj2`."""
    codec: str
    duration: float
    """In seconds: as the file claims, or counted if it does not say."""


async def probe(source: Path, *, binary: str) -> Media:
    """Raises `UnsupportedMedia`, `NoAudioStream` or `CorruptMedia`, with the reason."""
    head = await read_head(source)
    found = await _report(ffmpeg.probe_command(binary, source), source)
    error = media_errors.probe_error(found, head)
    if error is not None:
        raise error
    assert found.format is not None
    duration = found.duration
    if duration is None:
        duration = await _counted(binary, source)
    return Media(format=found.format, codec=found.codecs[0], duration=duration)


async def read_head(source: Path) -> bytes:
    """The first bytes of the file. Raises `UploadExpired` if there is no file."""
    try:
        return await asyncio.to_thread(_read_head, source)
    except FileNotFoundError:
        raise UploadExpired("the upload is no longer there") from None


async def _counted(binary: str, source: Path) -> float:
    """Files of streaming recorders, such as browsers, have no duration in them."""
    ended = await _ended(ffmpeg.duration_command(binary, source), source)
    seconds = ffmpeg.last_time(ended.stderr)
    if not seconds:
        raise CorruptMedia("the file is damaged: no sound can be read from it")
    return seconds


async def _report(command: list[str], source: Path) -> FfmpegReport:
    return ffmpeg_report.parse((await _ended(command, source)).stderr)


async def _ended(command: list[str], source: Path) -> ProgramEnded:
    ended = await run(command, LIMITS, files=Files(reads=(source,)))
    error = media_errors.program_error(ended, ffmpeg_report.parse(ended.stderr))
    if error is not None:
        raise error
    return ended


def _read_head(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(HEAD_BYTES)
