"""What whoever works with recordings may rely on, wherever they lie.

An upload has one name everywhere, that of its content. What is *lent* lies on this machine for as
long as the block lasts, whatever had to be done for that. Working files of a job are made in its
folder on this machine; once *shared*, they can be lent on any.

Where recordings lie beyond this machine, all of this may raise a `StorageTrouble`.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from retender.storage.audio import Audio
from retender.storage.spool import Upload


class Blobs(Protocol):
    @property
    def root(self) -> Path:
        """The folder on this machine."""

    def receive(self, *, limit: int) -> AbstractAsyncContextManager[Upload]:
        """Take an upload in. Leaving the block without `finish` leaves nothing behind."""

    async def adopt(self, file: Path, audio: Audio, *, at: float) -> None:
        """A whole and synced file under `root` becomes the blob that it is, dated `at`."""

    def path(self, audio: Audio) -> Path:
        """Where it lies while it is lent."""

    def lend(self, audio: Audio) -> AbstractAsyncContextManager[Path]:
        """Raises `UploadExpired` where it is not kept any more."""

    async def exists(self, sha256: str) -> bool: ...

    async def delete(self, sha256: str) -> None:
        """Idempotent."""

    def job_folder(self, job_id: str) -> Path:
        """The job's own folder on this machine; it is there on return."""

    def lend_work(self, job_id: str, *names: str) -> AbstractAsyncContextManager[Path]:
        """The job's folder, and in it those of the named files that were made here or shared."""

    async def share(self, job_id: str, *names: str) -> None:
        """These files of the job's folder can be lent on any machine from now on."""

    async def shared(self, job_id: str) -> frozenset[str]:
        """The names of what can be lent."""

    async def withdraw(self, job_id: str, *names: str) -> None:
        """These are not to be lent any more. Idempotent."""

    async def drop_job_folder(self, job_id: str) -> None:
        """Idempotent."""

    async def collect(self, keep: Collection[str], older_than: float) -> int:
        """Delete blobs not in `keep` that were last finished before then, and what is left of
        uploads whose process has died. Returns how many files are gone."""

    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int:
        """Drop the folders of jobs not in `keep` in which nothing was made since then: those of
        jobs that ended when nobody was left to drop them. Returns how many are gone."""

    async def clean_cache(self) -> None:
        """Let go of this machine's copies of what was collected on another."""
