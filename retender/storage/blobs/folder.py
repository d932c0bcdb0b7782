"""Uploads and working files in a folder, of one machine or shared by all machines.

    root/incoming/          uploads that are being received
    root/blobs/ab/<sha256>  complete uploads, named by their content
    root/locks/ab           the lock of the blobs in `blobs/ab`
    root/partial/           uploads that arrive in several requests (`partial_uploads`)
    root/jobs/<job id>/     working files of a job, such as its decoded audio

A blob appears complete and synced to disk, by one rename. Between the end of an upload and the
commit of its job no job names the blob yet: `collect_blobs` spares blobs that were finished within
the grace period, and finishing the same content again renews that period. Both hold the lock of the
blob's folder, so `collect_blobs` either sees the renewed time, or deletes the old file before the
rename puts the new one in its place. It looks at the time again for this reason, whatever
`old_blobs` has found before.
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
from typing import Final

from retender.errors import BadRequest, UploadExpired
from retender.storage import durable_files, file_lock
from retender.storage.audio import Audio
from retender.storage.disk_space import raising_storage_full
from retender.storage.spool import Spool

_JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class BlobFolder:
    """A `Backend` that stores everything in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.blobs = root / "blobs"
        self.jobs = root / "jobs"
        self._locks = root / "locks"
        for folder in (self.incoming, self.blobs, self.jobs, self._locks):
            durable_files.make_folder(folder)

    def place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise BadRequest(f"{sha256!r} is not the SHA-256 of an upload")
        return self.blobs / sha256[:2] / sha256

    def work_folder(self, job_id: str) -> Path:
        """The job's folder. It may not exist yet."""
        if not _JOB_ID.fullmatch(job_id):
            raise BadRequest(f"{job_id!r} is not a job's id")
        return self.jobs / job_id

    def store(self, spool: Spool, at: float) -> Audio:
        audio = spool.seal(at)
        self.put(audio, spool.move_to)
        return audio

    def adopt(self, file: Path, audio: Audio, at: float) -> None:
        os.utime(file, (at, at))
        self.put(audio, file.rename)

    def put(self, audio: Audio, move_to: Callable[[Path], object]) -> None:
        """`move_to` moves a complete and synced file to its place as a blob."""
        place = self.place(audio.sha256)
        with raising_storage_full("the upload"):
            durable_files.make_folder(place.parent)
            with self._locked(place.parent):
                # The same content may be there already: then only the time changes.
                move_to(place)
                durable_files.sync_folder(place.parent)
            # Another upload may have made this folder and not have synced it yet.
            durable_files.sync_folder(self.blobs)

    @asynccontextmanager
    async def lend(self, audio: Audio) -> AsyncIterator[Path]:
        place = self.place(audio.sha256)
        if not await asyncio.to_thread(place.exists):
            raise upload_expired()
        yield place

    @asynccontextmanager
    async def lend_work(self, job_id: str, *names: str) -> AsyncIterator[Path]:  # noqa: ARG002 - all files are here
        folder = self.work_folder(job_id)
        folder.mkdir(exist_ok=True)
        yield folder

    @asynccontextmanager
    async def lend_range(
        self,
        job_id: str,
        name: str,
        start: int,  # noqa: ARG002 - the whole file is here
        end: int,  # noqa: ARG002 - likewise
    ) -> AsyncIterator[Path]:
        yield self.work_folder(job_id) / name

    def exists(self, sha256: str) -> bool:
        return self.place(sha256).exists()

    def delete(self, sha256: str) -> None:
        place = self.place(sha256)
        with self._locked(place.parent):
            place.unlink(missing_ok=True)

    def share(self, job_id: str, *names: str) -> None:  # noqa: ARG002 - all files are shared
        """Every machine that sees the folder has its files."""
        self.work_folder(job_id)

    def shared(self, job_id: str) -> frozenset[str]:
        try:
            return frozenset(path.name for path in self.work_folder(job_id).iterdir())
        except FileNotFoundError:
            return frozenset()

    def withdraw(self, job_id: str, *names: str) -> None:
        for name in names:
            (self.work_folder(job_id) / name).unlink(missing_ok=True)

    def drop_work(self, job_id: str) -> None:
        shutil.rmtree(self.work_folder(job_id), ignore_errors=True)

    def blob_groups(self) -> list[str]:
        return [folder.name for folder in self.blobs.iterdir()]

    def old_blobs(self, group: str, older_than: float) -> list[str]:
        old = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.blobs / group) as blobs:
            for blob in blobs:
                with contextlib.suppress(FileNotFoundError):
                    if blob.stat().st_mtime < older_than:
                        old.append(blob.name)
        return old

    def collect_blobs(self, group: str, unneeded: Collection[str], older_than: float) -> int:
        deleted = 0
        folder = self.blobs / group
        with self._locked(folder):
            for name in unneeded:
                with contextlib.suppress(FileNotFoundError):
                    blob = folder / name
                    if blob.stat().st_mtime < older_than:
                        blob.unlink()
                        deleted += 1
        return deleted

    def collect_leftovers(self, older_than: float) -> int:
        """Delete files of uploads whose process has died."""
        deleted = 0
        for leftover in self.incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if leftover.stat().st_mtime < older_than and file_lock.is_unlocked(leftover):
                    leftover.unlink()
                    deleted += 1
        return deleted

    def work_names(self) -> list[str]:
        return [folder.name for folder in self.jobs.iterdir()]

    def collect_work(self, unneeded: Collection[str], older_than: float) -> int:
        return len(self.collect_work_folders(unneeded, older_than))

    def collect_work_folders(self, unneeded: Collection[str], older_than: float) -> set[str]:
        """Returns the ids of the jobs whose folder was deleted."""
        deleted = set()
        for name in unneeded:
            folder = self.jobs / name
            with contextlib.suppress(FileNotFoundError):
                if folder.stat().st_mtime < older_than:
                    shutil.rmtree(folder)
                    deleted.add(name)
        return deleted

    def clean_cache(self) -> None:
        """No file here is a copy."""

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        with file_lock.locked(self._locks / folder.name):
            yield


def upload_expired() -> UploadExpired:
    return UploadExpired("the upload is no longer there")
