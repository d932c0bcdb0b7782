"""Uploads and working files in a folder: of one machine, or one that all machines share.

    root/incoming/          uploads on their way
    root/blobs/ab/<sha256>  whole uploads, named by their content
    root/locks/ab           the lock of the blobs in `blobs/ab`
    root/partial/           recordings that come in several goes (`partial`)
    root/jobs/<job id>/     what the work on a job needs: decoded audio and the like

A blob appears whole, synced to disk, by one rename. Between an upload's `finish` and the commit
of its job nothing names the blob yet: `collect` spares what was finished within its grace, and
finishing known content again renews that grace. The two never cross: both hold the lock of the
blob's folder, so `collect` either sees the renewed time or deletes the old file before the rename
puts the new one in its place. Locks are the kernel's (`flock`), and so hold between processes. They
are on files that are open for writing: only such a lock holds between machines as well, where the
folder lies on NFS.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from retender.errors import BadRequest, UploadExpired
from retender.storage import durable_files, file_lock
from retender.storage.audio import Audio
from retender.storage.disk_space import raising_storage_full
from retender.storage.spool import Spool, Upload

P = ParamSpec("P")
R = TypeVar("R")

_JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self._incoming = Path(root) / "incoming"
        self._blobs = Path(root) / "blobs"
        self._locks = Path(root) / "locks"
        self._jobs = Path(root) / "jobs"
        for folder in (self._incoming, self._blobs, self._locks, self._jobs):
            durable_files.make_folder(folder)

    @asynccontextmanager
    async def receive(self, *, limit: int) -> AsyncIterator[Upload]:
        spool = Spool(self._incoming)
        try:
            yield Upload(spool, limit, self._keep)
        finally:
            # A second cancellation must not leave the file: the thread goes on without us.
            await asyncio.shield(asyncio.to_thread(spool.discard))

    async def adopt(self, file: Path, audio: Audio, *, at: float) -> None:
        await asyncio.to_thread(self._adopt, file, audio, at)

    def path(self, audio: Audio) -> Path:
        return self._place(audio.sha256)

    @asynccontextmanager
    async def lend(self, audio: Audio) -> AsyncIterator[Path]:
        place = self.path(audio)
        if not await asyncio.to_thread(place.exists):
            raise expired()
        yield place

    async def exists(self, sha256: str) -> bool:
        return await asyncio.to_thread(self._exists, self._place(sha256))

    async def delete(self, sha256: str) -> None:
        await asyncio.to_thread(self._delete, self._place(sha256))

    def job_folder(self, job_id: str) -> Path:
        folder = self._folder(job_id)
        folder.mkdir(exist_ok=True)
        return folder

    @asynccontextmanager
    async def lend_work(self, job_id: str, *names: str) -> AsyncIterator[Path]:  # noqa: ARG002 - all are here
        yield self.job_folder(job_id)

    async def share(self, job_id: str, *names: str) -> None:  # noqa: ARG002 - all are shared
        """Whoever sees the folder has them."""
        self._folder(job_id)

    async def shared(self, job_id: str) -> frozenset[str]:
        return await asyncio.to_thread(_names_in, self._folder(job_id))

    async def withdraw(self, job_id: str, *names: str) -> None:
        await asyncio.to_thread(self._withdraw, self._folder(job_id), names)

    async def drop_job_folder(self, job_id: str) -> None:
        await asyncio.to_thread(self._drop_folder, self._folder(job_id))

    async def collect(self, keep: Collection[str], older_than: float) -> int:
        return await asyncio.to_thread(self._collect, frozenset(keep), older_than)

    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int:
        return len(await asyncio.to_thread(self._drop_old_folders, frozenset(keep), older_than))

    async def clean_cache(self) -> None:
        """Nothing here is a copy."""

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
        with raising_storage_full("the upload"):
            durable_files.make_folder(place.parent)
            with self._locked(place.parent):
                # The content may be there already: it is replaced by its like with a newer time.
                move_to(place)
                durable_files.sync_folder(place.parent)
            # Another upload may have made this folder, and not have come to sync it yet.
            durable_files.sync_folder(self._blobs)

    def _exists(self, place: Path) -> bool:
        return place.exists()

    def _delete(self, place: Path) -> None:
        with self._locked(place.parent):
            place.unlink(missing_ok=True)

    def _withdraw(self, folder: Path, names: Collection[str]) -> None:
        for name in names:
            (folder / name).unlink(missing_ok=True)

    def _drop_folder(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def _collect(self, keep: frozenset[str], older_than: float) -> int:
        return self._collect_blobs(keep, older_than) + self._collect_leftovers(older_than)

    def _collect_blobs(self, keep: frozenset[str], older_than: float) -> int:
        gone = 0
        for folder in self._blobs.iterdir():
            with self._locked(folder):
                for blob in folder.iterdir():
                    if blob.name not in keep and blob.stat().st_mtime < older_than:
                        blob.unlink()
                        gone += 1
        return gone

    def _collect_leftovers(self, older_than: float) -> int:
        gone = 0
        for leftover in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if leftover.stat().st_mtime < older_than and file_lock.is_unlocked(leftover):
                    leftover.unlink()
                    gone += 1
        return gone

    def _drop_old_folders(self, keep: frozenset[str], older_than: float) -> set[str]:
        gone = set()
        for folder in self._jobs.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if folder.name not in keep and folder.stat().st_mtime < older_than:
                    shutil.rmtree(folder)
                    gone.add(folder.name)
        return gone

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        with file_lock.locked(self._locks / folder.name):
            yield


def expired() -> UploadExpired:
    return UploadExpired("the upload is no longer there")


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return frozenset()
