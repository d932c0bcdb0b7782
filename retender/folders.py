"""Folders whose entries survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def make(folder: Path) -> None:
    """Make it and what is missing above it, each entry synced to disk."""
    missing = [level for level in (folder, *folder.parents) if not level.exists()]
    for level in reversed(missing):
        level.mkdir(exist_ok=True)
        sync(level.parent)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
