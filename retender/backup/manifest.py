"""What a backup consists of. The manifest is written last, by one rename, when all is there.

DIR/manifest.json           the latest complete backup
DIR/recordings/ab/<sha256>  recordings, named by their content; backups share them
DIR/sets/<name>/            the other files of one backup, the journal among them
DIR/lock                    held by the backup that is under way
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final, Literal

import msgspec

from retender import foreign_json
from retender.errors import BackupDamaged

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
RECORDINGS: Final = "recordings"
SETS: Final = "sets"
LOCK: Final = "lock"
_PART: Final = 1 << 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class SavedFile(msgspec.Struct, frozen=True):
    path: str
    """Its place in the data folder."""
    size: int
    sha256: str


class SavedRecording(msgspec.Struct, frozen=True, array_like=True):
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int = FORMAT
    made_at: float
    """Seconds since 1970."""
    version: str
    """Of the service that made it."""
    name: str
    """Of its folder in `sets`."""
    journal: Literal["sqlite", "postgres", "none"]
    """`postgres`: an archive of pg_dump; `none`: the journal is not in the backup."""
    files: tuple[SavedFile, ...]
    recordings: tuple[SavedRecording, ...]
    missing: tuple[str, ...] = ()
    """Recordings of jobs that are not finished, which were not there."""

    def folder(self, backup: Path) -> Path:
        return backup / SETS / self.name


def read(backup: Path) -> Manifest | None:
    """None if there is no complete backup. Raises `BackupDamaged`."""
    try:
        found = foreign_json.decode((backup / MANIFEST).read_bytes(), Manifest)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise BackupDamaged(f"{backup / MANIFEST} cannot be read: {error}") from error
    if found.format != FORMAT:
        raise BackupDamaged(
            f"{backup} was made by version {found.version}, whose backups have another form"
        )
    _check_places(backup, found)
    return found


def _check_places(backup: Path, found: Manifest) -> None:
    """A backup may have been in the hands of others. What it names is read in its own folder, and
    written in the data folder, nowhere else."""
    places = (found.name, *(file.path for file in found.files))
    if _parts(found.name) > 1 or not all(map(_parts, places)):
        raise BackupDamaged(f"{backup / MANIFEST} names files outside of the backup")
    if not all(_SHA256.fullmatch(each.sha256) for each in found.recordings):
        raise BackupDamaged(f"{backup / MANIFEST} names recordings that cannot be")


def _parts(path: str) -> int:
    """How deep this path leads into a folder; 0 if it leads nowhere, or out of it."""
    parts = path.split("/")
    plain = all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    return len(parts) if plain else 0


def recording(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while part := opened.read(_PART):
            found.update(part)
    return found.hexdigest()
