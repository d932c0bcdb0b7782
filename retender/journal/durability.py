"""Whether what is written there will still be there after a restart, as far as can be seen."""

from __future__ import annotations

import os
import re
from pathlib import Path

_FLEETING = {
    "tmpfs": "memory",
    "ramfs": "memory",
    "overlay": "the container's own layer",
    "overlayfs": "the container's own layer",
    "aufs": "the container's own layer",
}


def durability_warning(path: str, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """A sentence when the disk under `path` vanishes on restart; None when nothing says so."""
    try:
        table = mounts.read_text(errors="surrogateescape")
    except OSError:
        return None
    point, kind = _mount_of(os.path.realpath(path), table)
    if kind not in _FLEETING:
        return None
    return (
        f"{path} lies on {_FLEETING[kind]} ({kind} mounted at {point}): jobs and transcripts are "
        f"gone when this machine or container is replaced; mount a volume there to keep them"
    )


def _mount_of(path: str, table: str) -> tuple[str, str]:
    found = ("", "")
    for line in table.splitlines():
        _, point, kind, *_ = line.split(" ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point)
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # Of two mounts at one place the later hides the earlier.
        if inside and len(point) >= len(found[0]):
            found = (point, kind)
    return found
