"""The asynchronous interface to a blob store, over a backend whose methods block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from retender.cancellation import finish
from retender.storage.audio import Audio
from retender.storage.blobs.api import InUse
from retender.storage.blobs.folder import BlobFolder
from retender.storage.limits import NAMES_PER_QUESTION
from retender.storage.spool import Spool, Upload


class Backend(Protocol):
    """Methods that are not asynchronous block, and are called in threads."""

    @property
    def incoming(self) -> Path: ...
    def place(self, sha256: str) -> Path: ...
    def work_folder(self, job_id: str) -> Path: ...
    def store(self, spool: Spool, at: float) -> Audio: ...
    def adopt(self, file: Path, audio: Audio, at: float) -> None: ...
    def lend(self, audio: Audio) -> AbstractAsyncContextManager[Path]: ...
    def lend_work(self, job_id: str, *names: str) -> AbstractAsyncContextManager[Path]: ...
    def lend_range(
        self, job_id: str, name: str, start: int, end: int
    ) -> AbstractAsyncContextManager[Path]: ...
    def exists(self, sha256: str) -> bool: ...
    def delete(self, sha256: str) -> None: ...
    def share(self, job_id: str, *names: str) -> None: ...
    def shared(self, job_id: str) -> frozenset[str]: ...
    def withdraw(self, job_id: str, *names: str) -> None: ...
    def drop_work(self, job_id: str) -> None: ...
    def blob_groups(self) -> list[str]:
        """The blobs are divided into groups, by the first letters of their names."""

    def old_blobs(self, group: str, older_than: float) -> list[str]:
        """Blobs that were finished before then, at least once."""

    def collect_blobs(self, group: str, unneeded: Collection[str], older_than: float) -> int: ...
    def collect_leftovers(self, older_than: float) -> int: ...
    def work_names(self) -> list[str]:
        """The ids of the jobs that have files."""

    def collect_work(self, unneeded: Collection[str], older_than: float) -> int: ...
    def clean_cache(self) -> None: ...


class BlobStore:
    """Implements `Blobs`. Without a `backend`, everything is in the folder `root`."""

    def __init__(self, root: str | os.PathLike[str], backend: Backend | None = None) -> None:
        self.root = Path(root)
        self._backend = backend or BlobFolder(self.root)
        self.lend = self._backend.lend
        self.lend_work = self._backend.lend_work
        self.lend_range = self._backend.lend_range

    @asynccontextmanager
    async def receive(self, *, limit: int) -> AsyncIterator[Upload]:
        spool = Spool(self._backend.incoming)
        try:
            yield Upload(spool, limit, self._backend.store)
        finally:
            await finish(asyncio.to_thread(spool.discard))

    async def adopt(self, file: Path, audio: Audio, *, at: float) -> None:
        await asyncio.to_thread(self._backend.adopt, file, audio, at)

    def path(self, audio: Audio) -> Path:
        return self._backend.place(audio.sha256)

    async def exists(self, sha256: str) -> bool:
        return await asyncio.to_thread(self._backend.exists, sha256)

    async def delete(self, sha256: str) -> None:
        await asyncio.to_thread(self._backend.delete, sha256)

    def job_folder(self, job_id: str) -> Path:
        folder = self._backend.work_folder(job_id)
        folder.mkdir(exist_ok=True)
        return folder

    async def share(self, job_id: str, *names: str) -> None:
        await asyncio.to_thread(self._backend.share, job_id, *names)

    async def shared(self, job_id: str) -> frozenset[str]:
        return await asyncio.to_thread(self._backend.shared, job_id)

    async def withdraw(self, job_id: str, *names: str) -> None:
        await asyncio.to_thread(self._backend.withdraw, job_id, *names)

    async def drop_job_folder(self, job_id: str) -> None:
        await asyncio.to_thread(self._backend.drop_work, job_id)

    async def collect(self, in_use: InUse, older_than: float) -> int:
        """A file that cannot be deleted does not keep those of other groups: the error is raised
        in the end."""
        deleted = 0
        errors: list[OSError] = []
        for group in await asyncio.to_thread(self._backend.blob_groups):
            try:
                deleted += await self._collect_group(group, in_use, older_than)
            except OSError as error:
                errors.append(error)
        deleted += await asyncio.to_thread(self._backend.collect_leftovers, older_than)
        if errors:
            raise errors[0]
        return deleted

    async def _collect_group(self, group: str, in_use: InUse, older_than: float) -> int:
        deleted = 0
        old = await asyncio.to_thread(self._backend.old_blobs, group, older_than)
        for names in _pages(old):
            unneeded = frozenset(names) - frozenset(await in_use(names))
            collect = self._backend.collect_blobs
            deleted += await asyncio.to_thread(collect, group, unneeded, older_than)
        return deleted

    async def collect_job_folders(self, in_use: InUse, older_than: float) -> int:
        deleted = 0
        for names in _pages(await asyncio.to_thread(self._backend.work_names)):
            unneeded = frozenset(names) - frozenset(await in_use(names))
            deleted += await asyncio.to_thread(self._backend.collect_work, unneeded, older_than)
        return deleted

    async def clean_cache(self) -> None:
        await asyncio.to_thread(self._backend.clean_cache)


def _pages(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(names), NAMES_PER_QUESTION):
        yield tuple(names[start : start + NAMES_PER_QUESTION])
