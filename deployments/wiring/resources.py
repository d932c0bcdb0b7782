"""Resources of this machine or container: memory, cores, a usable GPU."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

UNLIMITED = 1 << 60
"""Control groups report about this value, or more, where no limit is set."""

_MOUNT: Final = "sys/fs/cgroup"
_UNIFIED: Final = ""
"""The name of the controllers of v2 in `/proc/self/cgroup`."""

_NO_GPU = ("", "-1", "NoDevFiles", "void", "none")
"""Values of CUDA_VISIBLE_DEVICES that mean: use no GPU."""


class Resources(NamedTuple):
    memory: int
    """Free bytes, within the container's limit; 0 if unknown."""
    cores: int
    gpu: bool


def resources(root: Path = Path("/")) -> Resources:
    """`root`: the folder in which `/proc`, `/sys` and `/dev` are looked for."""
    return Resources(memory(root), cores(root), gpu(root))


def memory(root: Path) -> int:
    known = [
        bytes_
        for bytes_ in (_meminfo(root, "MemAvailable"), _left_by_limit(root))
        if bytes_ is not None
    ]
    return max(1, min(known)) if known else 0


def cores(root: Path) -> int:
    """Cores that this process may use, within the container's CPU quota (rounded up)."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = cpu_quota(root)
    return max(1, min(mine or 1, math.ceil(quota) if quota is not None else mine or 1))


def gpu(root: Path) -> bool:
    """True if there is a usable NVIDIA GPU and cuBLAS, which CTranslate2 needs."""
    there = gpu_visible(root)
    return there and (find_library("cublas") is not None or _packaged("nvidia.cublas"))


def gpu_visible(root: Path = Path("/")) -> bool:
    """True if there is an NVIDIA GPU that this process may see."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in _NO_GPU:
        return False
    return (root / "dev/nvidia0").exists() or (root / "dev/nvidiactl").exists()


def _meminfo(root: Path, name: str) -> int | None:
    for line in (_read(root / "proc/meminfo") or "").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None


def memory_limit(root: Path = Path("/")) -> int | None:
    """The most bytes that this process may have: the least of the machine's memory and of the
    limits of its control groups; None if unknown."""
    machine = _meminfo(root, "MemTotal")
    limits = [limit for limit, _ in _memory_groups(root)]
    return min((*limits, *((machine,) if machine is not None else ())), default=None)


def cpu_quota(root: Path = Path("/")) -> float | None:
    """How many processors' worth of time the control groups allow; None: they set no limit."""
    quotas = [_quota(group) for group in _groups(root, "cpu")]
    return min((quota for quota in quotas if quota is not None), default=None)


def _left_by_limit(root: Path) -> int | None:
    """Bytes left of the container's memory limit."""
    return min((limit - used for limit, used in _memory_groups(root)), default=None)


def _memory_groups(root: Path) -> Iterator[tuple[int, int]]:
    """The limit of each group that has one, and what is used of it."""
    for group in _groups(root, "memory"):
        limit, used = _number(group / "memory.max"), _number(group / "memory.current")
        if limit is None:
            limit = _number(group / "memory.limit_in_bytes")
            used = _number(group / "memory.usage_in_bytes")
        if limit is not None and limit < UNLIMITED:
            yield limit, used or 0


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process' control groups, the innermost first: v2, then v1.

    In a container the group of the process often is what is mounted as the root, whatever
    `/proc/self/cgroup` says: folders that are not there are left out.
    """
    places = _places(root)
    for mounted, key in (("", _UNIFIED), (controller, controller)):
        top = root / _MOUNT / mounted
        inner = Path(places.get(key, "/").lstrip("/"))
        for folder in dict.fromkeys((inner, *inner.parents)):
            if ".." not in folder.parts and (top / folder).is_dir():
                yield top / folder


def _places(root: Path) -> dict[str, str]:
    """The place of this process among the groups of each controller."""
    found: dict[str, str] = {}
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, place = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), place)
    return found


def _quota(group: Path) -> float | None:
    words = (_read(group / "cpu.max") or "").split()
    if words:
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota, period = (_number(group / f"cpu.cfs_{what}_us") for what in ("quota", "period"))
    return None if quota is None or quota <= 0 or not period else quota / period


def _number(file: Path) -> int | None:
    try:
        return int(_read(file) or "")
    except ValueError:
        return None


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None


def _packaged(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
