"""Puts a backup in the place of a data folder.

Every file is checked against the manifest before anything is changed, and again as it is copied.
The journal comes last, by one rename. While the restoring is under way, and after one that was
interrupted, the folder carries a mark: the service does not start there, and restoring again goes
on. What was in the folder before is moved aside, never deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from retender.backup import manifest
from retender.backup.manifest import Manifest, digest, recording
from retender.errors import BackupDamaged, BackupRefused
from retender.storage import durable_files

UNFINISHED: Final = "restore.unfinished"
JOURNAL: Final = "journal.db"
_LEFT_ALONE: Final = frozenset({"models", f"{JOURNAL}.lock", UNFINISHED})
"""Names in the data folder that a restore neither minds nor moves."""


def restore(backup: Path, data: Path, *, aside: str, replace: bool = False) -> Manifest:
    """`replace`: what is in the data folder is moved into its subfolder `aside`, which is not there
    yet. Otherwise a folder with anything in it is refused. The journal must not be open."""
    found = manifest.read(backup)
    if found is None:
        raise BackupRefused(f"there is no complete backup in {backup}")
    _check(backup, found)
    durable_files.make_folder(data)
    mark = data / UNFINISHED
    if not mark.exists():
        _make_room(data, aside, replace=replace)
        durable_files.replace_file(mark, found.name.encode())
    for source, target, sha256 in _copies(backup, data, found):
        _put(source, target, sha256)
    mark.unlink()
    durable_files.sync_folder(data)
    return found


def _make_room(data: Path, aside: str, *, replace: bool) -> None:
    there = [each for each in sorted(data.iterdir()) if each.name not in _LEFT_ALONE]
    if not there:
        return
    if not replace:
        raise BackupRefused(
            f"{data} is not empty: it has {there[0].name}. Name another folder with "
            "RETENDER_DATA_DIR, or have what is there moved aside with --replace"
        )
    folder = data / aside
    folder.mkdir(mode=0o700)
    for each in there:
        each.rename(folder / each.name)
    durable_files.sync_folder(folder)
    durable_files.sync_folder(data)


def _check(backup: Path, found: Manifest) -> None:
    """Raises `BackupDamaged` for the first file that is not what was saved."""
    for source, _, sha256 in _copies(backup, backup, found):
        try:
            as_saved = digest(source) == sha256
        except FileNotFoundError:
            raise BackupDamaged(f"{source} is missing in the backup") from None
        if not as_saved:
            raise BackupDamaged(f"{source} is not what was saved: its SHA-256 is another")


def _copies(backup: Path, data: Path, found: Manifest) -> Iterator[tuple[Path, Path, str]]:
    """Every file of the backup, its place in the data folder, and its SHA-256; the journal last."""
    for each in found.recordings:
        source = recording(backup / manifest.RECORDINGS, each.sha256)
        yield source, recording(data / "blobs", each.sha256), each.sha256
    folder = found.folder(backup)
    for file in sorted(found.files, key=lambda file: file.path == JOURNAL):
        yield folder / file.path, data / file.path, file.sha256


def _put(source: Path, target: Path, sha256: str) -> None:
    durable_files.make_folder(target.parent)
    part = target.with_name(f"{target.name}.part")
    shutil.copy2(source, part)
    if digest(part) != sha256:
        part.unlink()
        raise BackupDamaged(f"{source} is not what was saved: its SHA-256 is another")
    durable_files.sync(part)
    part.replace(target)
    durable_files.sync_folder(target.parent)
