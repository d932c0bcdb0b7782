"""What this machine gives: memory, cores, a GPU that can be used. Read once, at the start."""

from __future__ import annotations

import math
import os
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

UNLIMITED = 1 << 60
"""What control groups say where they set no limit is about this, or more."""


_NO_GPU = ("", "-1", "NoDevFiles", "void", "none")
"""How the environment says that none is to be used."""


class Resources(NamedTuple):
    memory: int
    """Bytes that are free, for this container if it is one; 0: nobody knows."""
    cores: int
    gpu: bool


def resources(root: Path = Path("/")) -> Resources:
    """`root` is where the system's files are looked for."""
    return Resources(memory(root), cores(root), gpu(root))


def memory(root: Path) -> int:
    known = [bytes_ for bytes_ in (_available(root), _left_by_limit(root)) if bytes_ is not None]
    return max(1, min(known)) if known else 0


def cores(root: Path) -> int:
    """Those that this process may use, and no more than its container is given time for."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _quota(root)
    return max(1, min(mine or 1, math.ceil(quota) if quota is not None else mine or 1))


def gpu(root: Path) -> bool:
    """One of NVIDIA's that may be used, with the library that CTranslate2 computes with."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in _NO_GPU:
        return False
    there = (root / "dev/nvidia0").exists() or (root / "dev/nvidiactl").exists()
    return there and (find_library("cublas") is not None or _packaged("nvidia.cublas"))


def _available(root: Path) -> int | None:
    text = _read(root / "proc/meminfo") or ""
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _left_by_limit(root: Path) -> int | None:
    """Of the container's memory, in either version of control groups."""
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
