"""The interfaces of places and sources, and what they deliver."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

import msgspec

WANTED: Final = (
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.*",
)
"""The files that a model may have. No others are downloaded."""

NEEDED: Final = ("config.json", "model.bin", "tokenizer.json")
"""Files without which a model cannot be loaded. The other files are optional."""


class RemoteFile(msgspec.Struct, frozen=True):
    """A file and the hash of its content, if its source names one: SHA-256, or Git's hash."""

    name: str
    size: int
    sha256: str = ""
    git: str = ""

    def is_at(self, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if self.sha256:
            return sha256_of(path) == self.sha256
        if self.git:
            return _git_hash(path, self.size) == self.git
        return True


class ModelFiles(msgspec.Struct, frozen=True):
    """What is downloaded for one model."""

    revision: str
    files: tuple[RemoteFile, ...]
    unpacked: int = 0
    """Bytes that unpacking takes beside the files."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


class LocalModels(Protocol):
    """A place on this machine where models may be."""

    def folder(self, name: str) -> Path | None:
        """Where the model is; None if it is not here. Asks no network."""


class OpenModel(Protocol):
    """One model at one source, while the connection to it is open."""

    async def listing(self) -> ModelFiles: ...

    def opened(
        self, file: RemoteFile, begin: int
    ) -> AbstractAsyncContextManager[tuple[int, AsyncIterator[bytes]]]:
        """The file's bytes, and their offset: `begin`, or 0 if the source cannot resume."""

    def unpack(self, folder: Path) -> None:
        """Make the model's files from those that were downloaded into this folder. Blocks. Raises
        `ValueError` if they are not what they should be."""


class ModelSource(Protocol):
    """A source of models on the network."""

    @property
    def title(self) -> str:
        """Its name in messages."""

    def offers(self, name: str) -> bool:
        """Whether it may have this model. Asks no network."""

    def open(self, name: str) -> AbstractAsyncContextManager[OpenModel]: ...


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_hash(path: Path, size: int) -> str:
    begun = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: begun).hexdigest()
