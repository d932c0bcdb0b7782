"""Recordings in an object store, behind a folder on this machine that holds copies of some.

    blobs/ab/<sha256>.<when>               an upload; several, where it came several times
    jobs/<job id>/<name>.<when>.<sha256>   a working file that was shared; the newest counts
    incoming/<when>-…                      objects on their way

`when` is in milliseconds. An upload is in the store before it is finished. A copy is fetched once
however many ask for it, and is that of its content or none.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import Final, NamedTuple

from retender.errors import StorageDamaged
from retender.storage.audio import Audio
from retender.storage.blobs.folder import BlobStore, expired
from retender.storage.blobs.object_cache import ObjectCache, SharedLock
from retender.storage.blobs.object_store import INCOMING, ObjectStore
from retender.storage.disk_space import RETRY_AFTER, storage_full
from retender.storage.limits import LEND_TRIES, UNSHARED_WORK_SECONDS
from retender.storage.spool import Spool

_UPLOAD: Final = re.compile(r"([0-9a-f]{64})\.(\d+)")
_WORK: Final = re.compile(r"(.+)\.(\d+)\.([0-9a-f]{64})")
_ON_ITS_WAY: Final = re.compile(r"(\d+)-.*")


class _Kept(NamedTuple):
    """One object, and what its key says of it."""

    key: str
    name: str
    """Of an upload its SHA-256, of a working file its name."""
    at: int
    sha256: str


class StoredBlobs(BlobStore):
    """`now` is the wall clock, which dates what is shared and tells which copy is unused."""

    def __init__(
        self,
        root: str | PathLike[str],
        objects: ObjectStore,
        *,
        most_bytes: int,
        now: Callable[[], float],
    ) -> None:
        super().__init__(root)
        self._objects = objects
        self._now = now
        turns = self.root / "turns"
        self._copies = ObjectCache(self._blobs, self._jobs, turns, most_bytes=most_bytes, now=now)
        self._under_way: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def lend(self, audio: Audio) -> AsyncIterator[Path]:
        place = self.path(audio)
        async with self._held() as hold:
            for _ in range(LEND_TRIES):
                if await asyncio.to_thread(hold.take, place):
                    break
                await self._once(audio.sha256, lambda: self._fetch(audio))
            else:
                raise storage_full(
                    "the recording", "what is worked on needs all that copies may take"
                )
            await asyncio.to_thread(self._copies.used, place)
            yield place

    @asynccontextmanager
    async def lend_work(self, job_id: str, *names: str) -> AsyncIterator[Path]:
        folder = self._folder(job_id)
        async with self._held() as hold:
            while not await asyncio.to_thread(hold.take, folder):
                self.job_folder(job_id)
            await asyncio.to_thread(self._copies.used, folder)
            for name in names:
                if not await asyncio.to_thread((folder / name).exists):
                    await self._bring(job_id, name)
            yield folder

    async def share(self, job_id: str, *names: str) -> None:
        await asyncio.to_thread(self._share, self._folder(job_id), names)

    async def shared(self, job_id: str) -> frozenset[str]:
        return frozenset(await asyncio.to_thread(self._work_of, self._folder(job_id)))

    async def clean_cache(self) -> None:
        await asyncio.to_thread(self._tidy)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[SharedLock]:
        hold = SharedLock()
        try:
            yield hold
        finally:
            # A second cancellation must not leave it held: the thread goes on without us.
            await asyncio.shield(asyncio.to_thread(hold.release))

    async def _bring(self, job_id: str, name: str) -> None:
        folder = self._folder(job_id)
        await self._once(f"{job_id}/{name}", lambda: self._fetch_work(folder, name))

    async def _once(self, key: str, fetch: Callable[[], None]) -> None:
        """However many ask for it, and whoever of them is cancelled."""
        if key not in self._under_way:
            self._under_way[key] = asyncio.ensure_future(asyncio.to_thread(fetch))
            self._under_way[key].add_done_callback(lambda done: self._over(key, done))
        await asyncio.shield(self._under_way[key])

    def _over(self, key: str, done: asyncio.Future[None]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            # Seen here, if whoever asked has gone.
            done.exception()

    # What follows is for threads.

    def _keep(self, spool: Spool, at: float) -> Audio:
        audio = spool.seal(at)
        spool.show(lambda file: self._objects.put(file, _upload_key(audio.sha256, at)))
        self._put(audio, spool.move_to)
        self._arrived(self.path(audio))
        return audio

    def _adopt(self, file: Path, audio: Audio, at: float) -> None:
        self._objects.put(file, _upload_key(audio.sha256, at))
        super()._adopt(file, audio, at)
        self._arrived(self.path(audio))

    def _fetch(self, audio: Audio) -> None:
        place = self.path(audio)
        with self._copies.turn(audio.sha256):
            kept = self._uploads_of(audio.sha256)
            if place.exists():
                return
            if not kept:
                raise expired()
            newest = max(kept, key=_when)
            with contextlib.suppress(FileNotFoundError):
                self._copy(newest, lambda spool: self._put(audio, spool.move_to))
                self._arrived(place)

    def _fetch_work(self, folder: Path, name: str) -> None:
        """Nothing, where it was not shared."""
        with self._copies.turn(f"{folder.name}/{name}"):
            if (folder / name).exists():
                return
            kept = self._work_of(folder).get(name)
            if kept is not None:
                with contextlib.suppress(FileNotFoundError):
                    self._copy(max(kept, key=_when), lambda spool: spool.move_to(folder / name))
                    self._arrived(folder)

    def _copy(self, kept: _Kept, settle: Callable[[Spool], object]) -> None:
        """Raises `FileNotFoundError` where it was collected meanwhile."""
        spool = Spool(self._incoming)
        try:
            for data in self._objects.read(kept.key):
                spool.write(data)
            if spool.seal(kept.at / 1000).sha256 != kept.sha256:
                raise StorageDamaged(
                    f"what {self._objects.url} has under {kept.key} is not what was put there",
                    retry_after=RETRY_AFTER,
                )
            settle(spool)
        finally:
            spool.discard()

    def _arrived(self, place: Path) -> None:
        self._copies.used(place)
        self._copies.make_room(spare=place)

    def _exists(self, place: Path) -> bool:
        return bool(self._uploads_of(place.name))

    def _delete(self, place: Path) -> None:
        self._remove(self._uploads_of(place.name))
        super()._delete(place)

    def _share(self, folder: Path, names: Collection[str]) -> None:
        there = self._work_of(folder)
        for name in names:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            before = there.get(name, [])
            if any(kept.sha256 == digest for kept in before):
                continue
            at = max([_millis(self._now()), *(kept.at + 1 for kept in before)])
            key = f"jobs/{folder.name}/{name}.{at}.{digest}"
            self._objects.put(folder / name, key)
            self._remove(before)
        self._copies.make_room(folder)

    def _withdraw(self, folder: Path, names: Collection[str]) -> None:
        there = self._work_of(folder)
        for name in names:
            self._remove(there.get(name, ()))
        super()._withdraw(folder, names)

    def _drop_folder(self, folder: Path) -> None:
        for kept in self._work_of(folder).values():
            self._remove(kept)
        super()._drop_folder(folder)

    def _collect(self, keep: frozenset[str], older_than: float) -> int:
        before = _millis(older_than)
        uploads = sorted(self._uploads(), key=_when)
        newest = {upload.name: upload.key for upload in uploads}
        needed = {key for name, key in newest.items() if name in keep}
        stray = [each for each in uploads if each.at < before and each.key not in needed]
        self._remove(stray)
        self._collect_blobs(keep, older_than)
        gone = {each.name for each in stray if each.key == newest[each.name]}
        return len(gone) + self._collect_leftovers(older_than) + self._collect_halves(before)

    def _collect_halves(self, before: int) -> int:
        """What is left of objects whose writer has died."""
        found = map(_ON_ITS_WAY.fullmatch, self._objects.names(INCOMING))
        halves = [match[0] for match in found if match is not None and int(match[1]) < before]
        for name in halves:
            self._objects.remove(f"{INCOMING}/{name}")
        return len(halves)

    def _drop_old_folders(self, keep: frozenset[str], older_than: float) -> set[str]:
        gone = super()._drop_old_folders(keep, older_than)
        for job_id in set(self._objects.names("jobs")) - keep:
            work = [kept for each in self._work_of(self._folder(job_id)).values() for kept in each]
            if work and max(kept.at for kept in work) < _millis(older_than):
                self._remove(work)
                gone.add(job_id)
        return gone

    def _tidy(self) -> None:
        """One process of a machine is enough."""
        with self._copies.only_turn("tidy") as ours:
            if not ours:
                return
            for prefix, places in self._copies.recordings().items():
                if places:
                    there = {kept.name for kept in self._uploads_under(prefix)}
                    for place in places:
                        if place.name not in there:
                            self._copies.let_go(place)
            for folder in self._copies.work(UNSHARED_WORK_SECONDS):
                if not self._work_of(folder):
                    self._copies.let_go(folder)

    def _uploads_of(self, sha256: str) -> list[_Kept]:
        return [kept for kept in self._uploads_under(sha256[:2]) if kept.name == sha256]

    def _uploads(self) -> Iterable[_Kept]:
        for prefix in self._objects.names("blobs"):
            yield from self._uploads_under(prefix)

    def _uploads_under(self, prefix: str) -> list[_Kept]:
        found = map(_UPLOAD.fullmatch, self._objects.names(f"blobs/{prefix}"))
        return [
            _Kept(f"blobs/{prefix}/{match[0]}", match[1], int(match[2]), match[1])
            for match in found
            if match is not None
        ]

    def _work_of(self, folder: Path) -> Mapping[str, list[_Kept]]:
        """By the files' names."""
        job_id, work = folder.name, dict[str, list[_Kept]]()
        for match in map(_WORK.fullmatch, self._objects.names(f"jobs/{job_id}")):
            if match is not None:
                kept = _Kept(f"jobs/{job_id}/{match[0]}", match[1], int(match[2]), match[3])
                work.setdefault(kept.name, []).append(kept)
        return work

    def _remove(self, kept: Iterable[_Kept]) -> None:
        for each in kept:
            self._objects.remove(each.key)


def _millis(at: float) -> int:
    return round(at * 1000)


def _upload_key(sha256: str, at: float) -> str:
    return f"blobs/{sha256[:2]}/{sha256}.{_millis(at)}"


def _when(kept: _Kept) -> int:
    return kept.at
