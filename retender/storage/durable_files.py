"""Folders and files whose entries survive a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

_NOT_SYNCED: Final = (errno.EINVAL, errno.ENOTSUP)
"""Errors of network file systems that cannot sync folders: there an entry is on the server as soon
as it is made."""


def make_folder(folder: Path) -> None:
    """Make the folder and all missing parents, for their owner only, each entry synced to disk."""
    missing = [level for level in (folder, *folder.parents) if not level.exists()]
    for level in reversed(missing):
        level.mkdir(mode=0o700, exist_ok=True)
        sync_folder(level.parent)


def sync_folder(folder: Path) -> None:
    """Sync the folder's entries to disk: names that were made, renamed or removed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SYNCED:
            raise
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Sync the content of a file that others have written."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write the whole file and rename it into place: a reader, or a crash, sees the old content or
    the new, never a part. The new content is on the disk on return. One writer at a time."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)
