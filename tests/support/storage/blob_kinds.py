"""Every kind of blob store, as the machines of a cluster have it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from pathlib import Path

from retender.storage.audio import Audio
from retender.storage.blobs import Blobs, BlobStore
from retender.storage.blobs.api import InUse
from retender.storage.blobs.object_blobs import object_store_blobs
from retender.storage.blobs.object_store import ObjectStore

KINDS = ("folder", "file", "memory")
"""A folder that all machines share; an object store on a disk, and one in memory, each machine with
copies of its own."""

LIMIT = 1 << 30
MUCH = 1 << 30


class Cluster:
    """`machine` gives the recordings as they are seen there. It is `time` everywhere."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._folder = folder
        self.time = 2000.0
        self._count = itertools.count()
        self.kind = kind
        self.url = f"memory://{uuid.uuid4().hex}" if kind == "memory" else f"file://{folder}/store"

    def machine(self, name: str, *, most_bytes: int = MUCH) -> Blobs:
        if self.kind == "folder":
            return BlobStore(self._folder / "shared")
        return self.stored(name, most_bytes=most_bytes)

    def stored(
        self, name: str, *, most_bytes: int = MUCH, objects: ObjectStore | None = None
    ) -> BlobStore:
        return object_store_blobs(
            self._folder / name,
            self.objects() if objects is None else objects,
            most_bytes=most_bytes,
            now=lambda: self.time,
        )

    def objects(self, kind: Callable[..., ObjectStore] = ObjectStore) -> ObjectStore:
        return kind(self.url, self._new_name)

    def _new_name(self) -> str:
        return f"{round(self.time * 1000)}-{next(self._count)}"


def in_use(*names: str) -> InUse:
    """What a journal answers in which these are in use."""

    async def answer(asked: tuple[str, ...]) -> frozenset[str]:
        return frozenset(asked) & frozenset(names)

    return answer


NOTHING_IN_USE = in_use()


async def received(store: Blobs, *chunks: bytes, at: float = 1000.0, limit: int = LIMIT) -> Audio:
    async with store.receive(limit=limit) as upload:
        for chunk in chunks:
            await upload.write(chunk)
        return await upload.finish(at=at)


async def content(store: Blobs, audio: Audio) -> bytes:
    async with store.lend(audio) as path:
        return path.read_bytes()


async def work(store: Blobs, job_id: str, name: str) -> bytes | None:
    async with store.lend_work(job_id, name) as folder:
        return (folder / name).read_bytes() if (folder / name).exists() else None


async def made(store: Blobs, job_id: str, name: str, content: bytes) -> None:
    """As a worker makes it: in its job's folder, and then shared."""
    async with store.lend_work(job_id) as folder:
        (folder / name).write_bytes(content)
        await store.share(job_id, name)
