"""Which files of a folder are recordings that have arrived whole.

The folder is read at intervals rather than watched: changes that another machine makes on a network
share or a mounted volume are not reported to this one, and whether a file still grows shows only
from two looks at it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from retender.audio.containers import ACCEPTED

ENDINGS: Final = frozenset(f".{kind}" for kind in (*ACCEPTED, "m4b", "mpga", "oga", "avi"))


class Look(NamedTuple):
    """A file as it was at one look: if it changes, one of these does."""

    size: int
    changed_ns: int


class Arrivals:
    """Tells when a file has not changed for `settle` seconds."""

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._seen: dict[str, tuple[Look, float]] = {}

    def settled(self, found: Mapping[str, Look], now: float, wall: float) -> list[str]:
        """Of the files found at this look those that are whole, in the order of their names. `now`
        is the monotonic time of the look; `wall` its time of day, by which a file that was last
        changed long before is whole at the first look."""
        self._seen = {name: self._since(name, look, now) for name, look in found.items()}
        return sorted(
            name
            for name, (look, since) in self._seen.items()
            if look.size > 0
            and (now - since >= self._settle or wall - look.changed_ns / 1e9 >= self._settle)
        )

    def _since(self, name: str, look: Look, now: float) -> tuple[Look, float]:
        """The look, and since when the file has been like that."""
        before = self._seen.get(name)
        return before if before is not None and before[0] == look else (look, now)


def recordings(folder: Path) -> dict[str, Look]:
    """Recordings in the folder and all folders below it, by their names from there. Hidden ones are
    left out, and links: they might lead anywhere."""
    return dict(_recordings(str(folder), ""))


def _recordings(folder: str, within: str) -> Iterator[tuple[str, Look]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = f"{within}{entry.name}"
            try:
                if entry.is_dir(follow_symlinks=False):
                    yield from _recordings(entry.path, f"{name}/")
                elif entry.is_file(follow_symlinks=False) and _is_recording(entry.name):
                    state = entry.stat(follow_symlinks=False)
                    yield name, Look(state.st_size, state.st_mtime_ns)
            except (FileNotFoundError, PermissionError):
                continue  # it went while we looked, or is not for us


def _is_recording(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in ENDINGS  # noqa: PTH122 - called for each file
