"""What became of each recording, in a file of its own below `.retender` in the output folder.

A record only saves work. Where one is lost, its recording is sent again under the same idempotency
key, and the service answers with the job that it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from deployments.watch_folder.arrivals import Look
from retender import foreign_json
from retender.storage import durable_files, file_lock

FOLDER: Final = ".retender"


class Record(msgspec.Struct, frozen=True):
    source: str
    size: int
    changed_ns: int
    options: str
    """A digest of the options and formats under which it was done."""
    status: Literal["sending", "done", "failed"]
    results: tuple[str, ...] = ()
    """Files in the output folder, by their names from there."""
    stem: str = ""
    """How the names of the results begin: settled once, whatever else arrives later."""
    job_id: str = ""
    error: str = ""
    attempt: int = 0
    """Counts uploads that expired: each has another idempotency key."""

    def is_of(self, look: Look, options: str) -> bool:
        return (self.size, self.changed_ns, self.options) == (*look, options)


class InUse(Exception):
    """Another process works for this folder."""


class Records:
    def __init__(self, out: Path) -> None:
        self._folder = out / FOLDER

    def read(self, source: str) -> Record | None:
        """None if there is none that can be read."""
        return _read(self._place(source))

    def write(self, record: Record) -> None:
        write_whole(self._place(record.source), msgspec.json.encode(record))

    def all(self) -> Iterator[Record]:
        return filter(None, map(_read, sorted(self._folder.glob("*.json"))))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Raises `InUse`. The kernel ends the lock with the process, however that ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("ab") as lock:
            if not file_lock.try_lock(lock.fileno()):
                raise InUse(f"another retender watch-folder writes to {self._folder.parent}")
            yield

    def _place(self, source: str) -> Path:
        return self._folder / f"{sha256(source.encode()).hexdigest()[:32]}.json"


def _read(place: Path) -> Record | None:
    try:
        return foreign_json.decode(place.read_bytes(), Record)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_whole(place: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, also after a crash of the machine."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)
    durable_files.sync_folder(place.parent)
