"""Encodes a part of a decoded recording as a small file, to be sent over the network."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from retender.audio import ffmpeg, ffmpeg_report
from retender.audio.isolation import Files
from retender.audio.pcm import BYTES_PER_SECOND, Pcm
from retender.audio.sandbox import SandboxLimits, run
from retender.errors import EngineFailed
from retender.storage.disk_space import raising_storage_full, storage_full
from retender.transcript.chunks import Chunk

_HEADER: Final = 1 << 16


async def flac(pcm: Pcm, chunk: Chunk, target: Path, *, binary: str) -> None:
    """Encode the chunk without loss, and replace an existing file. If cancelled, it leaves no
    file."""
    length = chunk.end - chunk.start
    command = ffmpeg.encode_command(binary, pcm.path, target, start=chunk.start, length=length)
    # Noise cannot be compressed: FLAC then takes a little more space than the samples.
    output = int(chunk.seconds * BYTES_PER_SECOND * 1.1) + _HEADER
    done = False
    try:
        with raising_storage_full("a chunk on its way out"):
            await asyncio.to_thread(target.touch)
        files = Files(reads=(pcm.path,), writes=(target,))
        ended = await run(command, SandboxLimits(output=output), files=files)
        if ffmpeg_report.parse(ended.stderr).disk_full:
            raise storage_full("a chunk on its way out", "it filled up")
        if ended.code != 0 or ended.timed_out:
            raise EngineFailed("a chunk could not be encoded")
        done = True
    finally:
        if not done:
            target.unlink(missing_ok=True)  # noqa: ASYNC240 - short, and a cancellation must not prevent it
