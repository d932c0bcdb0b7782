"""An object store: S3, Google's, Azure's, or a folder on another disk. `fsspec` talks to it.

An object appears whole or not at all. In an object store a PUT is atomic; in a file system the
object is written under `incoming/` and then renamed. A key says what the object holds and when it
was put there, and no key is ever written twice: so an old object can be deleted while the same
content arrives again beside it.

All methods block, and belong on threads. Error messages do not repeat the store's own words, which
may contain signed addresses.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import fsspec  # type: ignore[import-untyped]  # it comes without types
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # likewise

from retender.errors import RetenderError, StorageDamaged, StorageDenied, StorageUnreachable
from retender.storage import durable_files
from retender.storage.disk_space import RETRY_AFTER, is_disk_full, storage_full
from retender.storage.limits import OBJECT_BLOCK_BYTES

INCOMING: Final = "incoming"

_S3: Final = {"chunksize": OBJECT_BLOCK_BYTES, "max_concurrency": 1}
_GOOGLE: Final = {"chunksize": OBJECT_BLOCK_BYTES}
_AZURE: Final = {"max_concurrency": 1}

_ATOMIC_PUT: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "s3": _S3,
        "s3a": _S3,
        "gs": _GOOGLE,
        "gcs": _GOOGLE,
        "az": _AZURE,
        "abfs": _AZURE,
        "abfss": _AZURE,
        "memory": {},
    }
)
"""Stores whose `put_file` is atomic, and the options that bound its memory. In other stores, such
as SFTP, an object must be renamed after it is written."""

_TRIAL: Final = b"to see whether it stays"


def missing_driver(url: str) -> str | None:
    """What must be installed to use this address; None if nothing is missing."""
    try:
        fsspec.get_filesystem_class(fsspec.core.split_protocol(url)[0])
    except (ImportError, ValueError) as error:
        return str(error)
    return None


class ObjectStore:
    """`new_name` returns another name each time it is called."""

    def __init__(self, url: str, new_name: Callable[[], str]) -> None:
        self.url = url.rstrip("/")
        self._new_name = new_name

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in this folder, without the path."""
        with self._guarded():
            try:
                found = self._system.ls(self._at(folder), detail=False)
            except FileNotFoundError:
                return ()
        return tuple(sorted(path.rstrip("/").rpartition("/")[2] for path in found))

    def put(self, file: Path, key: str) -> None:
        """Raises `FileNotFoundError` if there is no such file."""
        with file.open("rb") as source, self._guarded(missing=False):
            options = _ATOMIC_PUT.get(self.url.partition("://")[0])
            if options is not None:
                self._system.put_file(str(file), self._at(key), **options)
                return
            part = self._at(f"{INCOMING}/{self._new_name()}")
            try:
                with self._system.open(part, "wb", block_size=OBJECT_BLOCK_BYTES) as target:
                    shutil.copyfileobj(source, target, OBJECT_BLOCK_BYTES)
                    self._sync(target)
                self._rename(part, self._at(key))
            except BaseException:
                with contextlib.suppress(Exception):
                    self._system.rm_file(part)
                raise

    def read(self, key: str) -> Iterator[bytearray]:
        """Raises `FileNotFoundError` if there is no such object."""
        with (
            self._guarded(),
            self._system.open(self._at(key), "rb", block_size=OBJECT_BLOCK_BYTES) as source,
        ):
            while data := source.read(OBJECT_BLOCK_BYTES):
                yield bytearray(data)

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Raises `FileNotFoundError` if there is no such object, `StorageDamaged` if it is too
        short."""
        with self._guarded():
            data: bytes = self._system.cat_file(self._at(key), start=start, end=end)
            if len(data) != end - start:
                raise self.damaged(key)
        return data

    def remove(self, key: str) -> None:
        """Idempotent."""
        with self._guarded(), contextlib.suppress(FileNotFoundError):
            self._system.rm_file(self._at(key))

    def check_access(self, scratch: Path) -> None:
        """Put an object there, read it and remove it. `scratch` is a file that may be written."""
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

    def damaged(self, key: str) -> StorageDamaged:
        return StorageDamaged(
            f"what {self.url} has under {key} is not what was put there", retry_after=RETRY_AFTER
        )

    @cached_property
    def _connected(self) -> tuple[Any, str]:
        """Listings are not cached: other machines write there too."""
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

    def _rename(self, part: str, place: str) -> None:
        self._system.mv(part, place)
        if isinstance(self._system, LocalFileSystem):
            durable_files.sync_folder(Path(place).parent)

    @contextmanager
    def _guarded(self, *, missing: bool = True) -> Iterator[None]:
        """Errors of the store become a `StorageTrouble`. With `missing`, a `FileNotFoundError` is
        left as it is: the caller asks whether the object exists."""
        try:
            yield
        except RetenderError:
            raise
        except Exception as error:
            if missing and isinstance(error, FileNotFoundError):
                raise
            raise self._trouble(error) from None

    def _trouble(self, error: Exception) -> RetenderError:
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
