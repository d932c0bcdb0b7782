"""An object store, whatever its kind: S3, Google's, Azure's, another disk. `fsspec` speaks to it.

An object appears whole or not at all: it is written under `incoming/` and then given its name. Keys
name what they hold and when it was put there, and nothing is ever written under a name that is in
use: so an old object can be deleted while the same content arrives anew beside it.

Everything here blocks and belongs on a thread. What goes wrong is told without the store's own
words, which may hold addresses that are signed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import fsspec  # type: ignore[import-untyped]  # it comes without types
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # likewise

from retender.errors import RetenderError, StorageDamaged, StorageDenied, StorageUnreachable
from retender.storage import durable_files
from retender.storage.disk_space import RETRY_AFTER, is_disk_full, storage_full
from retender.storage.limits import OBJECT_BLOCK_BYTES

INCOMING: Final = "incoming"
_TRIAL: Final = b"to see whether it stays"


def missing_driver(url: str) -> str | None:
    """What is missing here for such addresses; None: nothing is."""
    try:
        fsspec.get_filesystem_class(fsspec.core.split_protocol(url)[0])
    except (ImportError, ValueError) as error:
        return str(error)
    return None


class ObjectStore:
    """`new_name` gives another name each time it is called."""

    def __init__(self, url: str, new_name: Callable[[], str]) -> None:
        self.url = url.rstrip("/")
        self._new_name = new_name

    def names(self, folder: str) -> tuple[str, ...]:
        """What lies there, without the names of the folders above."""
        with self._guarded():
            try:
                found = self._system.ls(self._at(folder), detail=False)
            except FileNotFoundError:
                return ()
        return tuple(sorted(path.rstrip("/").rpartition("/")[2] for path in found))

    def put(self, file: Path, key: str) -> None:
        """Raises `FileNotFoundError` where there is no such file."""
        with file.open("rb") as source, self._guarded(missing=False):
            part = self._at(f"{INCOMING}/{self._new_name()}")
            try:
                with self._system.open(part, "wb", block_size=OBJECT_BLOCK_BYTES) as target:
                    shutil.copyfileobj(source, target, OBJECT_BLOCK_BYTES)
                    self._sync(target)
                self._give_name(part, self._at(key))
            except BaseException:
                with contextlib.suppress(Exception):
                    self._system.rm_file(part)
                raise

    def read(self, key: str) -> Iterator[bytearray]:
        """Raises `FileNotFoundError` where there is no such object."""
        with (
            self._guarded(),
            self._system.open(self._at(key), "rb", block_size=OBJECT_BLOCK_BYTES) as source,
        ):
            while data := source.read(OBJECT_BLOCK_BYTES):
                yield bytearray(data)

    def remove(self, key: str) -> None:
        """Idempotent."""
        with self._guarded(), contextlib.suppress(FileNotFoundError):
            self._system.rm_file(self._at(key))

    def check_access(self, scratch: Path) -> None:
        """Put something there, read it and remove it. `scratch` is a file of the caller's."""
        scratch.write_bytes(_TRIAL)
        key = f"{INCOMING}/{self._new_name()}"
        self.put(scratch, key)
        try:
            if b"".join(self.read(key)) != _TRIAL:
                raise StorageDamaged(f"{self.url} gives back something else than was put there")
        except FileNotFoundError:
            raise StorageDamaged(f"{self.url} has lost what was just put there") from None
        finally:
            self.remove(key)

    @cached_property
    def _connected(self) -> tuple[Any, str]:
        """Listings are never remembered: others write there too."""
        local = {"auto_mkdir": True} if self.url.startswith(("file:", "local:")) else {}
        system, root = fsspec.core.url_to_fs(self.url, use_listings_cache=False, **local)
        return system, root.rstrip("/")

    @property
    def _system(self) -> Any:
        return self._connected[0]

    def _at(self, key: str) -> str:
        return f"{self._connected[1]}/{key}"

    def _sync(self, target: Any) -> None:
        if isinstance(self._system, LocalFileSystem):
            target.flush()
            os.fsync(target.fileno())

    def _give_name(self, part: str, place: str) -> None:
        self._system.mv(part, place)
        if isinstance(self._system, LocalFileSystem):
            durable_files.sync_folder(Path(place).parent)

    @contextmanager
    def _guarded(self, *, missing: bool = True) -> Iterator[None]:
        """`missing`: what is asked for may not be there, and whoever asks wants to know."""
        try:
            yield
        except RetenderError:
            raise
        except Exception as error:
            if missing and isinstance(error, FileNotFoundError):
                raise
            raise self._named(error) from None

    def _named(self, error: Exception) -> RetenderError:
        kind = type(error).__name__
        if isinstance(error, PermissionError) or "Credential" in kind:
            return StorageDenied(
                f"{self.url} does not let us read and write ({kind}): the credentials on this "
                "machine must be allowed to list, read, put and delete there",
                retry_after=RETRY_AFTER,
            )
        if isinstance(error, OSError) and is_disk_full(error):
            return storage_full("recordings", f"{self.url} is full")
        return StorageUnreachable(
            f"{self.url} cannot be reached ({kind}): see that it is up, and that this machine has "
            "its right address",
            retry_after=RETRY_AFTER,
        )
