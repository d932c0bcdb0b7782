"""The valid keys: those in the settings, and those in a file that may change at any time.

Only `retender keys` changes the file, also while the service runs. A new version is written whole
and put in place at once, so a reader sees the file before a change or after it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from loguru import logger
from msgspec.structs import replace

from retender import foreign_json
from retender.errors import BadRequest, KeysUnreadable
from retender.storage import durable_files, file_lock
from serve_app.access.api_keys import Key, key_id, verify
from serve_app.limits import KEYS_KEPT, KEYS_READ_EVERY

_Version = tuple[int, int, int]
"""Inode, size and time of the last change: they differ between two versions of the file."""


class KeyFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Key, ...]:
        """Raises `KeysUnreadable`."""
        try:
            return foreign_json.decode(self.path.read_bytes(), tuple[Key, ...])
        except FileNotFoundError:
            return ()
        except (msgspec.DecodeError, OSError) as error:
            raise KeysUnreadable(f"the keys in {self.path} cannot be read: {error}") from error

    def version(self) -> _Version | None:
        """None if there is no file."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns)

    def add(self, key: Key) -> None:
        with self._changing():
            keys = self.read()
            if sum(each.revoked_at is None for each in keys) >= KEYS_KEPT:
                raise BadRequest(f"there are {KEYS_KEPT} keys already; revoke one first")
            self._write((*keys, key))

    def revoke(self, wanted: str, at: float) -> Key:
        """Revoke the key with this id. Revoking it again changes nothing."""
        with self._changing():
            keys = self.read()
            found = next((key for key in keys if key.id == wanted), None)
            if found is None:
                raise BadRequest(f"there is no key {wanted} in {self.path}")
            revoked = found if found.revoked_at is not None else replace(found, revoked_at=at)
            others = (key for key in keys if key.id != wanted)
            self._write((*others, revoked))
        return revoked

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Only one process on this machine changes the file at a time."""
        durable_files.make_folder(self.path.parent)
        lock = self._opened(".lock")
        try:
            file_lock.lock(lock)
            yield
        finally:
            os.close(lock)

    def _write(self, keys: Iterable[Key]) -> None:
        descriptor = self._opened(".draft")
        with os.fdopen(descriptor, "wb") as file:
            file.truncate()
            file.write(msgspec.json.format(msgspec.json.encode(_remembered(tuple(keys)))))
            file.flush()
            os.fsync(descriptor)
        self.path.with_suffix(".draft").replace(self.path)
        durable_files.sync_folder(self.path.parent)

    def _opened(self, suffix: str) -> int:
        """Only its owner can read the file. If root writes it, its owner is the folder's, since the
        service must be able to read it."""
        descriptor = os.open(self.path.with_suffix(suffix), os.O_RDWR | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            folder = self.path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        return descriptor


class Keyring:
    """The present keys, in memory: a key is looked up without reading the disk."""

    def __init__(
        self, listed: Iterable[Key] = (), file: KeyFile | None = None, *, closed: bool = False
    ) -> None:
        """`closed`: callers need a key even if there is none yet."""
        self._listed = {key.id: key for key in listed}
        self._file = file
        self._version: _Version | None = None
        self._keys = dict(self._listed)
        self._closed = closed or bool(self._listed)
        if file is not None:
            self._take(file.version(), file.read())

    @property
    def open(self) -> bool:
        """Callers need no key, for there has never been one. After the last one is revoked, or its
        file is deleted, no caller is admitted."""
        return not self._closed

    def find(self, text: str) -> Key | None:
        key = self._keys.get(key_id(text))
        return key if key is not None and verify(key, text) else None

    def valid(self, key_id: str) -> bool:
        """Whether the key with this id is known and not revoked."""
        key = self._keys.get(key_id)
        return key is not None and key.revoked_at is None

    async def run(self) -> None:
        """Read the file again when it changes, for as long as the process serves."""
        while self._file is not None:
            await asyncio.sleep(KEYS_READ_EVERY)
            try:
                await self._refresh(self._file)
            except (KeysUnreadable, OSError) as error:
                logger.error("the keys stay as they are: {}", error)

    async def _refresh(self, file: KeyFile) -> None:
        version = await asyncio.to_thread(file.version)
        if version != self._version:
            self._take(version, await asyncio.to_thread(file.read))
            logger.info("{} keys are valid", sum(k.revoked_at is None for k in self._keys.values()))

    def _take(self, version: _Version | None, keys: tuple[Key, ...]) -> None:
        self._version = version
        self._keys = {**{key.id: key for key in keys}, **self._listed}
        self._closed = self._closed or bool(keys)


def _remembered(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """All valid keys, and the latest of the revoked ones."""
    revoked = [key for key in keys if key.revoked_at is not None]
    forgotten = {key.id for key in revoked[: max(0, len(revoked) - KEYS_KEPT)]}
    return tuple(key for key in keys if key.id not in forgotten)
