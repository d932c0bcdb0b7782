"""Uploads and working files on disk.

    root/incoming/          uploads on their way
    root/blobs/ab/<sha256>  whole uploads, named by their content
    root/partial/           recordings that come in several goes (`partial`)
    root/jobs/<job id>/     what the work on a job needs: decoded audio and the like

A blob appears whole, synced to disk, by one rename. Between an upload's `finish` and the commit
of its job nothing names the blob yet: `collect` spares what was finished within its grace, and
finishing known content again renews that grace. The two never cross: both hold the lock of the
blob's folder, so `collect` either sees the renewed time or deletes the old file before the rename
puts the new one in its place. Locks are the kernel's (`flock`), and so hold between processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from retender import folders
from retender.errors import BadRequest
from retender.jobs import Audio
from retender.room import room_for
from retender.spool import Spool, Upload

P = ParamSpec("P")
R = TypeVar("R")

_JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self._incoming = Path(root) / "incoming"
        self._blobs = Path(root) / "blobs"
        self._jobs = Path(root) / "jobs"
        for folder in (self._incoming, self._blobs, self._jobs):
            folders.make(folder)

    @asynccontextmanager
    async def receive(self, *, limit: int) -> AsyncIterator[Upload]:
        """Take an upload in. Leaving the block without `finish` leaves nothing behind."""
        spool = Spool(self._incoming)
        try:
            yield Upload(spool, limit, self._keep)
        finally:
            # A second cancellation must not leave the file: the thread goes on without us.
            await asyncio.shield(_off_the_loop(spool.discard))

    async def adopt(self, file: Path, audio: Audio, *, at: float) -> None:
        """A whole and synced file on the same disk becomes the blob that it is, dated `at`."""
        await _off_the_loop(self._adopt, file, audio, at)

    def path(self, audio: Audio) -> Path:
        return self._place(audio.sha256)

    async def exists(self, sha256: str) -> bool:
        return await _off_the_loop(self._place(sha256).exists)

    async def delete(self, sha256: str) -> None:
        """Idempotent."""
        await _off_the_loop(self._delete, self._place(sha256))

    async def collect(self, keep: Collection[str], older_than: float) -> int:
        """Delete blobs not in `keep` that were last finished before then, and what is left of
        uploads whose process has died. Returns how many files are gone."""
        return await _off_the_loop(self._collect, frozenset(keep), older_than)

    def job_folder(self, job_id: str) -> Path:
        """The job's own folder; it is there on return."""
        folder = self._folder(job_id)
        folder.mkdir(exist_ok=True)
        return folder

    async def drop_job_folder(self, job_id: str) -> None:
        """Idempotent."""
        await _off_the_loop(shutil.rmtree, self._folder(job_id), ignore_errors=True)

    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int:
        """Drop the folders of jobs not in `keep` in which nothing was made since then: those of
        jobs that ended when nobody was left to drop them. Returns how many are gone."""
        return await _off_the_loop(self._collect_job_folders, frozenset(keep), older_than)

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise BadRequest(f"{sha256!r} is not the SHA-256 of an upload")
        return self._blobs / sha256[:2] / sha256

    def _folder(self, job_id: str) -> Path:
        if not _JOB_ID.fullmatch(job_id):
            raise BadRequest(f"{job_id!r} is not a job's id")
        return self._jobs / job_id

    def _keep(self, spool: Spool, at: float) -> Audio:
        audio = spool.seal(at)
        self._put(audio, spool.move_to)
        return audio

    def _adopt(self, file: Path, audio: Audio, at: float) -> None:
        os.utime(file, (at, at))
        self._put(audio, file.rename)

    def _put(self, audio: Audio, move_to: Callable[[Path], object]) -> None:
        place = self._place(audio.sha256)
        with room_for("the upload"):
            folders.make(place.parent)
            with _locked(place.parent):
                # The content may be there already: it is replaced by its like with a newer time.
                move_to(place)
                folders.sync(place.parent)
            # Another upload may have made this folder, and not have come to sync it yet.
            folders.sync(self._blobs)

    def _delete(self, place: Path) -> None:
        if place.parent.exists():
            with _locked(place.parent):
                place.unlink(missing_ok=True)

    def _collect(self, keep: frozenset[str], older_than: float) -> int:
        gone = 0
        for folder in self._blobs.iterdir():
            with _locked(folder):
                for blob in folder.iterdir():
                    if blob.name not in keep and blob.stat().st_mtime < older_than:
                        blob.unlink()
                        gone += 1
        for leftover in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if leftover.stat().st_mtime < older_than and _abandoned(leftover):
                    leftover.unlink()
                    gone += 1
        return gone

    def _collect_job_folders(self, keep: frozenset[str], older_than: float) -> int:
        gone = 0
        for folder in self._jobs.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if folder.name not in keep and folder.stat().st_mtime < older_than:
                    shutil.rmtree(folder)
                    gone += 1
        return gone


async def _off_the_loop(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, lambda: work(*args, **kwargs))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _abandoned(leftover: Path) -> bool:
    """Nobody holds its lock: the process that was writing it has died."""
    with leftover.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
