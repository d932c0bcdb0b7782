"""Folders whose entries survive a power cut, and files whose writers may not have."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

_NOT_SYNCED: Final = (errno.EINVAL, errno.ENOTSUP)
"""What file systems of a network say that know no syncing of folders: with them an entry is on the
server once it is made."""


def make_folder(folder: Path) -> None:
    """Make it and what is missing above it, for nobody but its owner, each entry synced to disk."""
    missing = [level for level in (folder, *folder.parents) if not level.exists()]
    for level in reversed(missing):
        level.mkdir(mode=0o700, exist_ok=True)
        sync_folder(level.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SYNCED:
            raise
    finally:
        os.close(descriptor)


def abandoned(file: Path) -> bool:
    """Nobody holds its lock: the process that was writing it has died. Raises `FileNotFoundError`.

    It is opened for writing: on NFS no other file can be locked for oneself alone.
    """
    with file.open("r+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
