"""A part of a decoded recording as FLAC: nothing of it is lost, and half of the bytes."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Final

from retender.chunks import SAMPLE_RATE, Chunk
from retender.errors import EngineFailed, UploadExpired

_SAMPLE_BYTES: Final = 2
_BLOCK_BYTES: Final = 256 * 1024


class Flac:
    """Only samples that were decoded here ever reach this ffmpeg, and none that it has to guess
    the format of."""

    def __init__(self, ffmpeg: str = "ffmpeg") -> None:
        self._ffmpeg = ffmpeg

    async def __call__(self, pcm: Path, chunk: Chunk, into: Path) -> None:
        """Cancelling it ends the process."""
        sound = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0")
        process = await asyncio.create_subprocess_exec(
            *(self._ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-threads", "1"),
            *(*sound, "-f", "flac", "-y", str(into)),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env={},
        )
        try:
            await _feed(process, pcm, chunk)
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status:
            raise EngineFailed(f"ffmpeg made no FLAC of a part: status {status}")


async def _feed(process: Process, pcm: Path, chunk: Chunk) -> None:
    assert process.stdin is not None
    first, last = chunk.start * _SAMPLE_BYTES, chunk.end * _SAMPLE_BYTES
    with contextlib.closing(process.stdin), contextlib.suppress(ConnectionError):
        while first < last:
            block = await asyncio.to_thread(_block, pcm, first, min(_BLOCK_BYTES, last - first))
            process.stdin.write(block)
            await process.stdin.drain()
            first += len(block)


def _block(pcm: Path, offset: int, length: int) -> bytes:
    with pcm.open("rb") as file:
        file.seek(offset)
        block = file.read(length)
    if not block:
        raise UploadExpired("the decoded audio of this job is shorter than it was")
    return block
