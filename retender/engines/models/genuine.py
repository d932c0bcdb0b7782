"""Checks that a known model on this machine has upstream's files, one time for each change of them.

Reading a large model takes seconds. So the result is noted, with the size and the time of the last
change of each file: as long as these are the same, the note is believed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from retender.engines.models import names
from retender.engines.models.sources.upstream import UPSTREAM
from retender.storage import durable_files


class Checked(msgspec.Struct, frozen=True):
    folder: str
    state: tuple[tuple[str, int, int], ...]
    """Name, size and time of change of each file."""
    wrong: tuple[str, ...] = ()
    """Files that are not upstream's."""


class Genuine:
    def __init__(self, notes: Path) -> None:
        self._notes = notes

    def noted(self, name: str, folder: Path) -> Checked | None:
        """The last result, if no file has changed since. Reads no large file."""
        try:
            body = self._note(name, folder).read_bytes()
            checked = msgspec.json.decode(body, type=Checked)
        except (OSError, msgspec.MsgspecError):
            return None
        same = (checked.folder, checked.state) == (str(folder), _state(folder))
        return checked if same else None

    def check(self, name: str, folder: Path) -> tuple[str, ...]:
        """Names of files that are not upstream's; none if all are, or no hash is known."""
        noted = self.noted(name, folder)
        if noted is not None:
            return noted.wrong
        state, wrong = _state(folder), differences(name, folder)
        self._write(name, Checked(str(folder), state, wrong))
        return wrong

    def note(self, name: str, folder: Path) -> None:
        """The files were compared elsewhere, and are upstream's."""
        self._write(name, Checked(str(folder), _state(folder)))

    def refused(self, name: str, folder: Path) -> bool:
        """True if it is known to be wrong. Reads no large file."""
        noted = self.noted(name, folder)
        return noted is not None and bool(noted.wrong)

    def _note(self, name: str, folder: Path) -> Path:
        return self._notes / f"{names.folder_name(name)}-in-{folder.parent.name}.json"

    def _write(self, name: str, checked: Checked) -> None:
        """Without a note the files are read again the next time."""
        if names.canonical(name) not in UPSTREAM:
            return
        note = self._note(name, Path(checked.folder))
        with suppress(OSError):
            durable_files.make_folder(note.parent)
            durable_files.replace_file(note, msgspec.json.encode(checked))


def differences(name: str, folder: Path) -> tuple[str, ...]:
    """Names of files that are not upstream's; none if no hash is known. Reads them all."""
    known = UPSTREAM.get(names.canonical(name))
    return () if known is None else tuple(known.differences(folder))


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(file for file in folder.iterdir() if file.is_file())
    stats = ((file.name, file.stat()) for file in files)
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
