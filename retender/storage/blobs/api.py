"""The interface to stored recordings and working files, whether in a folder or an object store.

An upload has the same name everywhere: the SHA-256 of its content. A file that is *lent* is on this
machine for as long as the block lasts; it is fetched if needed. Working files of a job are made in
its folder on this machine; once *shared*, they can be lent on any machine.

If the recordings are in an object store, each of these operations may raise a `StorageTrouble`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from retender.storage.audio import Audio
from retender.storage.spool import Upload

InUse = Callable[[tuple[str, ...]], Awaitable[Collection[str]]]
"""Which of these (recordings by their SHA-256, or jobs by their ids) are in use. At most
`NAMES_PER_QUESTION` are asked about at a time."""


class Blobs(Protocol):
    @property
    def root(self) -> Path:
        """The data folder on this machine."""

    def receive(self, *, limit: int) -> AbstractAsyncContextManager[Upload]:
        """Receive an upload. If the block ends without `finish`, nothing of it is left."""

    async def adopt(self, file: Path, audio: Audio, *, at: float) -> None:
        """Turn a complete and synced file under `root` into the blob `audio`, dated `at`."""

    def path(self, audio: Audio) -> Path:
        """Where the upload is while it is lent."""

    def lend(self, audio: Audio) -> AbstractAsyncContextManager[Path]:
        """The upload as a file. Raises `UploadExpired` if it is not stored any more."""

    async def exists(self, sha256: str) -> bool: ...

    async def delete(self, sha256: str) -> None:
        """Idempotent."""

    def job_folder(self, job_id: str) -> Path:
        """The job's folder on this machine. It exists on return."""

    def lend_work(self, job_id: str, *names: str) -> AbstractAsyncContextManager[Path]:
        """The job's folder, with those of the named files that were made here or shared."""

    def lend_range(
        self, job_id: str, name: str, start: int, end: int
    ) -> AbstractAsyncContextManager[Path]:
        """A file with the bytes from `start` to `end` of a working file, at the same offsets. It is
        the whole file if that is on this machine. It does not exist if it was not shared."""

    async def share(self, job_id: str, *names: str) -> None:
        """From now on, these files of the job's folder can be lent on any machine."""

    async def shared(self, job_id: str) -> frozenset[str]:
        """The names of the files that can be lent."""

    async def withdraw(self, job_id: str, *names: str) -> None:
        """These files cannot be lent any more. Idempotent."""

    async def drop_job_folder(self, job_id: str) -> None:
        """Idempotent."""

    async def collect(self, in_use: InUse, older_than: float) -> int:
        """Delete the blobs that are not in use and were last finished before then, and leftovers of
        uploads whose process has died. Returns how many files were deleted. A blob that is finished
        again while this runs stays."""

    async def collect_job_folders(self, in_use: InUse, older_than: float) -> int:
        """Delete the folders of jobs that are not in use and in which no file was made since then:
        such jobs ended while nobody could delete their folder. Returns how many were deleted."""

    async def clean_cache(self) -> None:
        """Delete this machine's copies of objects that were deleted on another machine."""
