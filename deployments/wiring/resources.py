"""Resources of this machine or container: memory, cores, a usable GPU."""

from __future__ import annotations

import math
import os
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

UNLIMITED = 1 << 60
"""Control groups report about this value, or more, where no limit is set."""


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
    known = [bytes_ for bytes_ in (_available(root), _left_by_limit(root)) if bytes_ is not None]
    return max(1, min(known)) if known else 0


def cores(root: Path) -> int:
    """Cores that this process may use, within the container's CPU quota (rounded up)."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _quota(root)
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


def _available(root: Path) -> int | None:
    text = _read(root / "proc/meminfo") or ""
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _left_by_limit(root: Path) -> int | None:
    """Bytes left of the container's memory limit; control groups v2, then v1."""
    group = root / "sys/fs/cgroup"
    limit = _number(group / "memory.max")
    used = _number(group / "memory.current")
    if limit is None:
        limit = _number(group / "memory/memory.limit_in_bytes")
        used = _number(group / "memory/memory.usage_in_bytes")
    if limit is None or limit >= UNLIMITED:
        return None
    return limit - (used or 0)


def _quota(root: Path) -> float | None:
    group = root / "sys/fs/cgroup"
    words = (_read(group / "cpu.max") or "").split()
    if words:
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota, period = (_number(group / f"cpu/cpu.cfs_{what}_us") for what in ("quota", "period"))
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
