"""Decodes an upload to `audio.pcm` in its job's folder.

The file appears complete and synced to disk, by one rename: if it exists, nothing is decoded again.
ffmpeg writes the samples directly to the file, not through this process. Their number is counted by
the file's size, whatever the upload's header claims. ffmpeg stops at the longest allowed duration;
if it does not, the kernel stops it a little later.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from retender.audio import ffmpeg, media_errors
from retender.audio.cleaning import Cleaning
from retender.audio.isolation import Files
from retender.audio.limits import DECODING_CPU_SHARE, DECODING_START_SECONDS, DECODING_WAIT
from retender.audio.pcm import BYTES_PER_SECOND, SAMPLE_BYTES, Pcm
from retender.audio.probe import read_head
from retender.audio.sandbox import SandboxLimits, run
from retender.cancellation import finish
from retender.errors import CorruptMedia
from retender.storage import durable_files, file_lock
from retender.storage.disk_space import raising_storage_full

R = TypeVar("R")

DECODED: Final = "audio.pcm"
_PART: Final = ".part"


async def decode(
    source: Path,
    folder: Path,
    *,
    binary: str,
    most_seconds: float,
    cleaning: Cleaning = Cleaning(),  # noqa: B008 - frozen
) -> Pcm:
    """Raises the `WorkError` that says what is wrong with the upload, or `StorageFull`.

    If it is cancelled, it kills ffmpeg at once. In any case it leaves a complete file or none.
    """
    whole = folder / DECODED
    if await asyncio.to_thread(whole.exists):
        return Pcm.at(whole)
    head = await read_head(source)
    command = ffmpeg.decode_command(
        binary, source, filters=cleaning.filters(), seconds=most_seconds + 1
    )
    part = _Part(folder)
    try:
        files = Files(reads=(source,))
        ended = await run(command, _limits(most_seconds), output=part.descriptor, files=files)
        samples = part.count()
        error = media_errors.decoding_error(ended, head, samples=samples, most_seconds=most_seconds)
        if error is not None:
            raise error
        await asyncio.to_thread(lambda: part.settle(whole))
    finally:
        await finish(asyncio.to_thread(part.discard))
    return Pcm(whole, samples)


def _limits(most_seconds: float) -> SandboxLimits:
    cpu = DECODING_START_SECONDS + int(most_seconds * DECODING_CPU_SHARE)
    output = int((most_seconds + 2) * BYTES_PER_SECOND)
    return SandboxLimits(cpu=cpu, output=output, seconds=float(cpu * DECODING_WAIT))


class _Part:
    """The file being written. A caller may be cancelled while its thread goes on: so `discard`
    waits for `settle`, and `settle` after `discard` does nothing."""

    def __init__(self, folder: Path) -> None:
        _delete_leftovers(folder)
        self._lock = Lock()
        with raising_storage_full("the decoded audio"):
            self.descriptor, path = tempfile.mkstemp(suffix=_PART, dir=folder)
        self._path: Path | None = Path(path)
        # ffmpeg holds this lock too: while either runs, the file is not deleted as a leftover.
        file_lock.lock(self.descriptor)

    def count(self) -> int:
        return os.fstat(self.descriptor).st_size // SAMPLE_BYTES

    def settle(self, place: Path) -> None:
        with self._lock:
            if self._path is None:
                return
            if Pcm.at(self._path).is_not_audio():
                raise CorruptMedia("the file is damaged: its samples are not numbers")
            with raising_storage_full("the decoded audio"):
                os.fsync(self.descriptor)
                self._path.rename(place)
                self._path = None
                durable_files.sync_folder(place.parent)

    def discard(self) -> None:
        """Delete the file, unless it was moved to its place."""
        with self._lock:
            if self._path is not None:
                self._path.unlink(missing_ok=True)
                self._path = None
            os.close(self.descriptor)


def _delete_leftovers(folder: Path) -> None:
    """Delete files of decoders whose process has died."""
    for leftover in folder.glob(f"*{_PART}"):
        with contextlib.suppress(FileNotFoundError):
            if file_lock.is_unlocked(leftover):
                leftover.unlink()
