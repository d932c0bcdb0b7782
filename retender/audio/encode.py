"""A part of a decoded recording as a small file, for a service that is reached over the network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from retender.audio import ffmpeg, ffmpeg_report
from retender.audio.pcm import BYTES_PER_SECOND, Pcm
from retender.audio.sandbox import SandboxLimits, run
from retender.errors import EngineFailed
from retender.storage.disk_space import storage_full
from retender.transcript.chunks import Chunk

_HEADER: Final = 1 << 16


async def flac(pcm: Pcm, chunk: Chunk, target: Path, *, binary: str) -> None:
    """The chunk without loss; a file that was there is replaced. Cancelled, it leaves none."""
    length = chunk.end - chunk.start
    command = ffmpeg.encode_command(binary, pcm.path, target, start=chunk.start, length=length)
    # Noise can't be packed; FLAC then takes as much as the samples, and a little more.
    output = int(chunk.seconds * BYTES_PER_SECOND * 1.1) + _HEADER
    made = False
    try:
        ended = await run(command, SandboxLimits(output=output))
        if ffmpeg_report.parse(ended.stderr).no_room:
            raise storage_full("a chunk on its way out", "it filled up")
        if ended.code != 0 or ended.timed_out:
            raise EngineFailed("a chunk could not be encoded")
        made = True
    finally:
        if not made:
            target.unlink(missing_ok=True)  # noqa: ASYNC240 - a moment, and it must not be lost
