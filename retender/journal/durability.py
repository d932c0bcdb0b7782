"""Whether the data folder survives a restart, as far as the mount table shows."""

from __future__ import annotations

import os
import re
from pathlib import Path

from retender.problem import Problem

_TEMPORARY = {
    "tmpfs": "memory",
    "ramfs": "memory",
    "overlay": "the container's own layer",
    "overlayfs": "the container's own layer",
    "aufs": "the container's own layer",
}


def durability_warning(path: str, mounts: Path = Path("/proc/self/mounts")) -> Problem | None:
    """A warning if the disk under `path` is lost on restart; None if nothing indicates that."""
    try:
        table = mounts.read_text(errors="surrogateescape")
    except OSError:
        return None
    point, kind = _mount_of(os.path.realpath(path), table)
    if kind not in _TEMPORARY:
        return None
    return Problem(
        f"{path} lies on {_TEMPORARY[kind]} ({kind} mounted at {point}): jobs and transcripts are "
        "gone when this machine or container is replaced",
        "Mount a volume there to keep them.",
    )


def on_root_disk(path: str, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """True if the folder is on no disk or volume of its own, but on that of the whole system."""
    try:
        table = mounts.read_text(errors="surrogateescape")
    except OSError:
        return False
    return _mount_of(os.path.realpath(path), table)[0] == "/"


def _mount_of(path: str, table: str) -> tuple[str, str]:
    found = ("", "")
    for line in table.splitlines():
        _, point, kind, *_ = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # Of two mounts at the same place, the later one hides the earlier one.
        if inside and len(point) >= len(found[0]):
            found = (point, kind)
    return found
