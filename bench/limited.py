"""A control group with the limits of a free instance, v2 or v1, whichever is mounted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

TOP: Final = Path("/sys/fs/cgroup")
PERIOD: Final = 100_000
"""Microseconds."""


class Missing(Exception):
    """This machine cannot do it; the sentence says what is missing."""


class Group:
    """`folders`: one for each controller in v1, one for all in v2."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders

    def join(self) -> str:
        """Shell commands by which a shell joins the group."""
        return "\n".join(f"echo $$ > {folder}/cgroup.procs" for folder in self._all())

    def shown_at(self, root: str) -> str:
        """Shell commands that show a container its own group, as a container engine does."""
        binds = [f"mount -t tmpfs tmpfs {root}{TOP}"]
        for name, folder in self.folders.items():
            place = f"{root}{TOP}/{name}"
            binds += [f"mkdir -p {place}", f"mount --rbind {folder} {place}"]
        return "\n".join(
            binds if "" not in self.folders else [f"mount --rbind {self._all()[0]} {root}{TOP}"]
        )

    def killed(self) -> int:
        """How often the limit of memory has killed a process."""
        folder = self.folders.get("memory") or self.folders[""]
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                for line in (folder / name).read_text().splitlines():
                    word, _, count = line.partition(" ")
                    if word == "oom_kill":
                        return int(count)
        return 0

    def peak_with_cache(self) -> int | None:
        """The most that was ever charged, cached files included; None if it is not counted."""
        folder = self.folders.get("memory") or self.folders[""]
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with suppress(OSError):
                return int((folder / name).read_text())
        return None

    def _all(self) -> list[Path]:
        return list(dict.fromkeys(self.folders.values()))

    def remove(self) -> None:
        for folder in self._all():
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def limited(memory: int, cpu: float) -> Iterator[Group]:
    """Raises `Missing` if control groups cannot be made here."""
    name = f"retender-check-{os.getpid()}"
    quota = round(cpu * PERIOD)
    try:
        if (TOP / "cgroup.controllers").exists():
            group = Group({"": TOP / name})
            group.folders[""].mkdir()
            writes = {"": {"memory.max": str(memory), "cpu.max": f"{quota} {PERIOD}"}}
        else:
            group = Group({each: TOP / each / name for each in ("memory", "cpu")})
            for folder in group.folders.values():
                folder.mkdir()
            writes = {
                "memory": {"memory.limit_in_bytes": str(memory)},
                "cpu": {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)},
            }
        for controller, values in writes.items():
            for file, value in values.items():
                (group.folders[controller] / file).write_text(value)
    except OSError as error:
        raise Missing(f"control groups cannot be made here: {error}") from error
    try:
        yield group
    finally:
        group.remove()
