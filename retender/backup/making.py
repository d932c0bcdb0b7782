"""Makes a backup of a data folder, also while the service runs.

The journal is copied first, and after it the recordings that the copy names: they were there when
it was made. A backup that is interrupted at any moment leaves the one before it as it was; what it
had saved of recordings is used by the next.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from retender.backup import manifest
from retender.backup.manifest import Manifest, SavedFile, SavedRecording, digest, recording
from retender.errors import BackupRefused
from retender.storage import durable_files, file_lock

KEPT_FILES: Final = ("keys.json", "webhook.secret", "instance.json")
"""Files of the data folder that are saved if they are there."""


class JournalCopy(msgspec.Struct, frozen=True, kw_only=True):
    """What was saved of the journal, and what it names."""

    kind: Literal["sqlite", "postgres", "none"]
    recordings: frozenset[str] | None
    """None: it is not known which are needed; all are saved."""
    needed: frozenset[str] = frozenset()
    """Recordings of jobs that are not finished, or may be retried."""
    jobs: frozenset[str] | None = None
    """Jobs that are not finished, whose working files are saved. None: of all jobs."""


def make_backup(
    data: Path,
    backup: Path,
    copy_journal: Callable[[Path], JournalCopy],
    *,
    at: float,
    version: str,
    name: str,
    link: bool = True,
) -> Manifest:
    """`copy_journal` saves the journal in the folder that it is given. `name` differs for each
    backup. `link`: recordings are hard links where both folders are on one disk."""
    data, backup = data.absolute(), backup.absolute()
    if backup == data or data in backup.parents or backup in data.parents:
        raise BackupRefused(f"{backup} is a part of the data folder, or contains it: name another")
    durable_files.make_folder(backup)
    with _alone(backup):
        before = manifest.read(backup)
        _remove_sets(backup, keep=before)
        folder = backup / manifest.SETS / name
        durable_files.make_folder(folder)
        journal = copy_journal(folder)
        files = [*_present(folder), *_saved_files(data, folder, journal.jobs)]
        recordings = tuple(_saved_recordings(data, backup, journal.recordings, link=link))
        there = {each.sha256 for each in recordings}
        made = Manifest(
            made_at=at,
            version=version,
            name=name,
            journal=journal.kind,
            files=tuple(files),
            recordings=recordings,
            missing=tuple(sorted(journal.needed - there)),
        )
        _sync_all(folder)
        durable_files.replace_file(backup / manifest.MANIFEST, msgspec.json.encode(made))
        _remove_sets(backup, keep=made)
        _remove_recordings(backup, keep=there)
    return made


@contextmanager
def _alone(backup: Path) -> Iterator[None]:
    with file_lock.opened(backup / manifest.LOCK) as lock:
        if not file_lock.try_lock(lock):
            raise BackupRefused(f"another backup into {backup} is under way")
        yield


def _present(folder: Path) -> Iterator[SavedFile]:
    """What the journal's copy consists of."""
    for file in sorted(folder.iterdir()):
        yield SavedFile(file.name, file.stat().st_size, digest(file))


def _saved_files(data: Path, folder: Path, jobs: frozenset[str] | None) -> Iterator[SavedFile]:
    places = [data / name for name in KEPT_FILES]
    for job in _listed(data / "jobs"):
        if jobs is None or job.name in jobs:
            places += [file for file in _listed(job) if file.is_file()]
    for place in places:
        path = place.relative_to(data)
        target = folder / path
        try:
            durable_files.make_folder(target.parent)
            shutil.copy2(place, target)
        except FileNotFoundError:
            continue  # there is none, or its job has just ended
        yield SavedFile(str(path), target.stat().st_size, digest(target))


def _saved_recordings(
    data: Path, backup: Path, wanted: frozenset[str] | None, *, link: bool
) -> Iterator[SavedRecording]:
    blobs, saved = data / "blobs", backup / manifest.RECORDINGS
    if wanted is None:
        wanted = frozenset(file.name for folder in _listed(blobs) for file in _listed(folder))
    for sha256 in sorted(wanted):
        target = recording(saved, sha256)
        try:
            if not target.exists():
                _save(recording(blobs, sha256), target, link=link)
        except FileNotFoundError:
            continue  # its time was over, or it was forgotten
        yield SavedRecording(sha256, target.stat().st_size)


def _save(source: Path, target: Path, *, link: bool) -> None:
    """The recording appears whole, by one rename or as a link."""
    durable_files.make_folder(target.parent)
    if link:
        try:
            target.hardlink_to(source)
        except FileNotFoundError:
            raise
        except OSError:
            pass  # another disk, or one without links
        else:
            durable_files.sync_folder(target.parent)
            return
    part = target.with_suffix(".part")
    shutil.copy2(source, part)
    durable_files.sync(part)
    part.replace(target)
    durable_files.sync_folder(target.parent)


def _remove_sets(backup: Path, keep: Manifest | None) -> None:
    for folder in _listed(backup / manifest.SETS):
        if keep is None or folder.name != keep.name:
            shutil.rmtree(folder)


def _remove_recordings(backup: Path, keep: set[str]) -> None:
    for folder in _listed(backup / manifest.RECORDINGS):
        for file in _listed(folder):
            if file.name not in keep:
                file.unlink()


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _sync_all(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            durable_files.sync(Path(place) / name)
        durable_files.sync_folder(Path(place))
