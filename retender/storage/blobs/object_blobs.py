"""Recordings in an object store, with a cache in a folder on this machine.

    blobs/ab/<sha256>.<when>               an upload; several objects if it arrived several times
    jobs/<job id>/<name>.<when>.<sha256>   a working file that was shared; the newest counts
    incoming/<when>-…                      objects that are being written

`when` is in milliseconds. An upload is in the store before it is finished. However many ask for an
object, it is fetched only one time per machine; a copy has the content that its name promises, or
there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import IO, Final, NamedTuple

from retender.cancellation import finish
from retender.storage import file_lock
from retender.storage.audio import Audio
from retender.storage.blobs.folder import BlobFolder, upload_expired
from retender.storage.blobs.object_cache import ObjectCache, SharedLock
from retender.storage.blobs.object_store import INCOMING, ObjectStore
from retender.storage.blobs.store import BlobStore
from retender.storage.disk_space import raising_storage_full, storage_full
from retender.storage.limits import LEND_TRIES, UNSHARED_WORK_SECONDS
from retender.storage.spool import Spool

_UPLOAD: Final = re.compile(r"([0-9a-f]{64})\.(\d+)")
_WORK: Final = re.compile(r"(.+)\.(\d+)\.([0-9a-f]{64})")
_INCOMING: Final = re.compile(r"(\d+)-.*")


class _Object(NamedTuple):
    """One object, and what its key says about it."""

    key: str
    name: str
    """The SHA-256 of an upload, the file name of a working file."""
    at: int
    sha256: str


def object_store_blobs(
    root: str | PathLike[str], objects: ObjectStore, *, most_bytes: int, now: Callable[[], float]
) -> BlobStore:
    """`most_bytes` bounds the cache. `now` is the wall clock: it dates shared files and uses."""
    folder = BlobFolder(Path(root))
    cache = ObjectCache(folder, most_bytes=most_bytes, now=now)
    return BlobStore(root, ObjectBlobs(folder, objects, cache, now))


class ObjectBlobs:
    """A `Backend` that stores everything in an object store. `folder` holds the copies."""

    def __init__(
        self, folder: BlobFolder, objects: ObjectStore, cache: ObjectCache, now: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._objects = objects
        self._cache = cache
        self._now = now
        self._fetches: dict[str, asyncio.Future[None]] = {}
        self.incoming = folder.incoming
        self.place = folder.place
        self.work_folder = folder.work_folder

    @asynccontextmanager
    async def lend(self, audio: Audio) -> AsyncIterator[Path]:
        place = self.place(audio.sha256)
        async with _shared_lock() as lock:
            for _ in range(LEND_TRIES):
                if await asyncio.to_thread(lock.take, place):
                    break
                await self._fetch_once(audio.sha256, lambda: self._fetch(audio))
            else:
                raise storage_full(
                    "the recording", "what is worked on needs all that copies may take"
                )
            await asyncio.to_thread(self._cache.mark_used, place)
            yield place

    @asynccontextmanager
    async def lend_work(self, job_id: str, *names: str) -> AsyncIterator[Path]:
        folder = self.work_folder(job_id)
        async with _shared_lock() as lock:
            while not await asyncio.to_thread(lock.take, folder):
                folder.mkdir(exist_ok=True)
            await asyncio.to_thread(self._cache.mark_used, folder)
            for name in names:
                if not await asyncio.to_thread((folder / name).exists):
                    fetch = partial(self._fetch_work, folder, name)
                    await self._fetch_once(f"{job_id}/{name}", fetch)
            yield folder

    @asynccontextmanager
    async def lend_range(self, job_id: str, name: str, start: int, end: int) -> AsyncIterator[Path]:
        """The bytes of a part cannot be checked against the hash of the whole; their number is."""
        async with self.lend_work(job_id) as folder:
            data = None
            if not await asyncio.to_thread((folder / name).exists):
                data = await asyncio.to_thread(self._read_range, folder, name, start, end)
            if data is None:
                yield folder / name
                return
            with tempfile.NamedTemporaryFile(dir=self.incoming) as file:
                # While this lock is held, the file is not collected as a leftover.
                file_lock.lock(file.fileno())
                await finish(asyncio.to_thread(_write_at, file, start, data))
                yield Path(file.name)

    async def _fetch_once(self, key: str, fetch: Callable[[], None]) -> None:
        """One fetch for all callers. It goes on if a caller is cancelled."""
        if key not in self._fetches:
            self._fetches[key] = asyncio.ensure_future(asyncio.to_thread(fetch))
            self._fetches[key].add_done_callback(lambda done: self._fetched(key, done))
        await asyncio.shield(self._fetches[key])

    def _fetched(self, key: str, done: asyncio.Future[None]) -> None:
        del self._fetches[key]
        if not done.cancelled():
            # Retrieved here, in case no caller is left to retrieve it.
            done.exception()

    # The methods below block: they run in threads.

    def store(self, spool: Spool, at: float) -> Audio:
        audio = spool.seal(at)
        spool.show(lambda file: self._objects.put(file, _upload_key(audio.sha256, at)))
        self._folder.put(audio, spool.move_to)
        self._cached(self.place(audio.sha256))
        return audio

    def adopt(self, file: Path, audio: Audio, at: float) -> None:
        self._objects.put(file, _upload_key(audio.sha256, at))
        self._folder.adopt(file, audio, at)
        self._cached(self.place(audio.sha256))

    def exists(self, sha256: str) -> bool:
        self.place(sha256)
        return bool(self._uploads_of(sha256))

    def delete(self, sha256: str) -> None:
        self.place(sha256)
        self._remove(self._uploads_of(sha256))
        self._folder.delete(sha256)

    def share(self, job_id: str, *names: str) -> None:
        folder = self.work_folder(job_id)
        objects = self._work_of(job_id)
        for name in names:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            older = objects.get(name, [])
            if any(each.sha256 == digest for each in older):
                continue
            at = max([_millis(self._now()), *(each.at + 1 for each in older)])
            self._objects.put(folder / name, f"jobs/{job_id}/{name}.{at}.{digest}")
            self._remove(older)
        self._cache.shrink(spare=folder)

    def shared(self, job_id: str) -> frozenset[str]:
        self.work_folder(job_id)
        return frozenset(self._work_of(job_id))

    def withdraw(self, job_id: str, *names: str) -> None:
        self.work_folder(job_id)
        objects = self._work_of(job_id)
        for name in names:
            self._remove(objects.get(name, ()))
        self._folder.withdraw(job_id, *names)

    def drop_work(self, job_id: str) -> None:
        self.work_folder(job_id)
        for objects in self._work_of(job_id).values():
            self._remove(objects)
        self._folder.drop_work(job_id)

    def blob_groups(self) -> list[str]:
        return sorted({*self._objects.names("blobs"), *self._folder.blob_groups()})

    def old_blobs(self, group: str, older_than: float) -> list[str]:
        before = _millis(older_than)
        stored = {upload.name for upload in self._uploads_under(group) if upload.at < before}
        return sorted(stored | set(self._folder.old_blobs(group, older_than)))

    def collect_blobs(self, group: str, unneeded: Collection[str], older_than: float) -> int:
        """Of a blob that is needed only the newest object stays."""
        before = _millis(older_than)
        uploads = sorted(self._uploads_under(group), key=_when)
        newest = {upload.name: upload.key for upload in uploads}
        needed = {key for name, key in newest.items() if name not in unneeded}
        leaving = [each for each in uploads if each.at < before and each.key not in needed]
        self._remove(leaving)
        self._folder.collect_blobs(group, unneeded, older_than)
        return len({each.name for each in leaving if each.key == newest[each.name]})

    def collect_leftovers(self, older_than: float) -> int:
        leftovers = self._folder.collect_leftovers(older_than)
        return leftovers + self._collect_incoming(_millis(older_than))

    def work_names(self) -> list[str]:
        return sorted({*self._objects.names("jobs"), *self._folder.work_names()})

    def collect_work(self, unneeded: Collection[str], older_than: float) -> int:
        deleted = self._folder.collect_work_folders(unneeded, older_than)
        for job_id in unneeded:
            work = [each for objects in self._work_of(job_id).values() for each in objects]
            if work and max(each.at for each in work) < _millis(older_than):
                self._remove(work)
                deleted.add(job_id)
        return len(deleted)

    def clean_cache(self) -> None:
        """One process of a machine does it for all."""
        with self._cache.try_locked("tidy") as locked:
            if not locked:
                return
            for prefix, places in self._cache.recordings().items():
                if places:
                    stored = {upload.name for upload in self._uploads_under(prefix)}
                    for place in places:
                        if place.name not in stored:
                            self._cache.evict(place)
            for folder in self._cache.unchanged_work(UNSHARED_WORK_SECONDS):
                if not self._work_of(folder.name):
                    self._cache.evict(folder)

    def _fetch(self, audio: Audio) -> None:
        place = self.place(audio.sha256)
        with self._cache.locked(audio.sha256):
            uploads = self._uploads_of(audio.sha256)
            if place.exists():
                return
            if not uploads:
                raise upload_expired()
            with contextlib.suppress(FileNotFoundError):
                newest = max(uploads, key=_when)
                self._copy(newest, lambda spool: self._folder.put(audio, spool.move_to))
                self._cached(place)

    def _fetch_work(self, folder: Path, name: str) -> None:
        """Fetches nothing if the file was not shared."""
        with self._cache.locked(f"{folder.name}/{name}"):
            if (folder / name).exists():
                return
            objects = self._work_of(folder.name).get(name)
            if objects is not None:
                with contextlib.suppress(FileNotFoundError):
                    newest = max(objects, key=_when)
                    self._copy(newest, lambda spool: spool.move_to(folder / name))
                    self._cached(folder)

    def _read_range(self, folder: Path, name: str, start: int, end: int) -> bytes | None:
        """None if the file was not shared."""
        objects = self._work_of(folder.name).get(name)
        if objects is None:
            return None
        try:
            return self._objects.read_range(max(objects, key=_when).key, start, end)
        except FileNotFoundError:
            return None

    def _copy(self, source: _Object, settle: Callable[[Spool], object]) -> None:
        """Raises `FileNotFoundError` if the object was collected meanwhile."""
        spool = Spool(self.incoming)
        try:
            for data in self._objects.read(source.key):
                spool.write(data)
            if spool.seal(source.at / 1000).sha256 != source.sha256:
                raise self._objects.damaged(source.key)
            settle(spool)
        finally:
            spool.discard()

    def _cached(self, place: Path) -> None:
        """Called when a new copy is there."""
        self._cache.mark_used(place)
        self._cache.shrink(spare=place)

    def _collect_incoming(self, before: int) -> int:
        """Delete objects whose writer has died."""
        found = map(_INCOMING.fullmatch, self._objects.names(INCOMING))
        names = [match[0] for match in found if match is not None and int(match[1]) < before]
        for name in names:
            self._objects.remove(f"{INCOMING}/{name}")
        return len(names)

    def _uploads_of(self, sha256: str) -> list[_Object]:
        return [upload for upload in self._uploads_under(sha256[:2]) if upload.name == sha256]

    def _uploads_under(self, prefix: str) -> list[_Object]:
        found = map(_UPLOAD.fullmatch, self._objects.names(f"blobs/{prefix}"))
        return [
            _Object(f"blobs/{prefix}/{match[0]}", match[1], int(match[2]), match[1])
            for match in found
            if match is not None
        ]

    def _work_of(self, job_id: str) -> Mapping[str, list[_Object]]:
        """The job's shared files, by name."""
        work = dict[str, list[_Object]]()
        for match in map(_WORK.fullmatch, self._objects.names(f"jobs/{job_id}")):
            if match is not None:
                found = _Object(f"jobs/{job_id}/{match[0]}", match[1], int(match[2]), match[3])
                work.setdefault(found.name, []).append(found)
        return work

    def _remove(self, objects: Iterable[_Object]) -> None:
        for each in objects:
            self._objects.remove(each.key)


@asynccontextmanager
async def _shared_lock() -> AsyncIterator[SharedLock]:
    lock = SharedLock()
    try:
        yield lock
    finally:
        await finish(asyncio.to_thread(lock.release))


def _write_at(file: IO[bytes], start: int, data: bytes) -> None:
    """The bytes before `start` take no disk space: the file has a hole there."""
    with raising_storage_full("the recording"):
        file.seek(start)
        file.write(data)
        file.flush()


def _millis(at: float) -> int:
    return round(at * 1000)


def _upload_key(sha256: str, at: float) -> str:
    return f"blobs/{sha256[:2]}/{sha256}.{_millis(at)}"


def _when(each: _Object) -> int:
    return each.at
