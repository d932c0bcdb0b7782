"""Checks that the data folder is the same folder on every machine, and that all can work in it.

At its start the service *announces* itself: it makes a file with a new name in the folder and holds
its lock, while `check` runs on every machine. `check` finds an empty folder of the same name, a
volume mounted read-only, and locks that hold on one machine only. Each `Problem` names the machine,
the folder and what to do.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from retender.problem import Problem
from retender.storage import durable_files, file_lock

_PLACE: Final = "shared"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")

_MOUNT: Final = (
    "Mount the volume of the data folder there, under the same path, or keep recordings in an "
    "object store (RETENDER_BLOBS_URL)."
)
_LOCKS: Final = (
    "Mount it with locks that hold between machines (NFS 4, or NFS 3 with lockd; without nolock "
    "and local_lock), or keep recordings in an object store (RETENDER_BLOBS_URL)."
)


@contextmanager
def announced(root: str, name: str) -> Iterator[None]:
    """While the block lasts, `check` finds this service in the folder. Files that earlier services
    left are deleted. `name` must be new: a machine that sees this name sees this folder."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a file")
    place = Path(root) / _PLACE
    durable_files.make_folder(place)
    for leftover in place.iterdir():
        # Another service may announce itself at the same time; it holds the lock of its file.
        with contextlib.suppress(FileNotFoundError):
            if file_lock.is_unlocked(leftover):
                leftover.unlink()
    descriptor = os.open(place / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        file_lock.lock(descriptor)
        os.fsync(descriptor)
        durable_files.sync_folder(place)
        yield
    finally:
        (place / name).unlink(missing_ok=True)
        os.close(descriptor)


def check(root: str, name: str, machine: str) -> Problem | None:
    """Why this machine cannot share the folder with the announced service; None if it can.
    `machine` is the name of this machine in the sentence."""
    if not Path(root).is_dir():
        return Problem(f"{machine} does not have the data folder {root}", _MOUNT)
    mark = Path(root) / _PLACE / name
    if not _exists(mark):
        return Problem(
            f"on {machine}, {root} is not the data folder of this service but another of that name",
            _MOUNT,
        )
    return check_writable(root, machine) or _locked_elsewhere(mark, root, machine)


def check_writable(root: str, machine: str) -> Problem | None:
    """Why this machine cannot work in the folder; None if it can."""
    try:
        return _try_out(Path(root), machine)
    except PermissionError as error:
        return Problem(
            f"{machine} may not write to {root} ({error.strerror})",
            "Give the folder to the user that runs the service there.",
        )
    except OSError as error:
        return Problem(
            f"{machine} cannot work in {root}: {error.strerror}", "Mount it for writing there."
        )


def _try_out(root: Path, machine: str) -> Problem | None:
    descriptor, path = tempfile.mkstemp(prefix=".trial-", dir=root)
    trial = Path(path)
    try:
        os.write(descriptor, b"to see whether it stays")
        os.fsync(descriptor)
        file_lock.lock(descriptor)
        if file_lock.is_unlocked(trial):
            return Problem(f"on {machine}, locks in {root} keep nobody out", _LOCKS)
        renamed = trial.with_suffix(".renamed")
        trial.rename(renamed)
        trial = renamed
        durable_files.sync_folder(root)
        return None
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            trial.unlink()


def _locked_elsewhere(mark: Path, root: str, machine: str) -> Problem | None:
    if not file_lock.is_unlocked(mark):
        return None
    return Problem(
        f"locks in {root} do not hold between the service's machine and {machine}", _LOCKS
    )


def _exists(mark: Path) -> bool:
    try:
        return mark.exists()
    except OSError:
        return False
