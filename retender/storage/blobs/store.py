"""The asynchronous interface to a blob store, over a backend whose methods block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from retender.storage.audio import Audio
from retender.storage.blobs.folder import BlobFolder
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
    def collect(self, keep: Collection[str], older_than: float) -> int: ...
    def collect_work(self, keep: Collection[str], older_than: float) -> set[str]: ...
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
            # A second cancellation must not leave the file behind: the thread is not stopped by it.
            await asyncio.shield(asyncio.to_thread(spool.discard))

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

    async def collect(self, keep: Collection[str], older_than: float) -> int:
        return await asyncio.to_thread(self._backend.collect, frozenset(keep), older_than)

    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int:
        kept = frozenset(keep)
        return len(await asyncio.to_thread(self._backend.collect_work, kept, older_than))

    async def clean_cache(self) -> None:
        await asyncio.to_thread(self._backend.clean_cache)
