"""What a worker says of itself, and what is wished of it: both go with its signs of life."""

from __future__ import annotations

import enum
from typing import Literal

import msgspec

from retender.workers.usage import Usage


class ModelState(enum.StrEnum):
    DOWNLOADING = "downloading"
    LOADING = "loading"
    LOADED = "loaded"
    FAILED = "failed"
    """It was wished for and could not be had: `trouble` says why."""


class HeldModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one worker. Durations are seconds up to when this was said."""

    model: str
    state: ModelState
    precision: str = ""
    bytes: int = 0
    """What it takes in memory, at most; of a download, what has arrived."""
    total: int = 0
    """Of a download: what will have arrived in the end, where that is known."""
    users: int = 0
    loaded_for: float = 0.0
    idle_for: float = 0.0
    trouble: str = ""

    @property
    def percent(self) -> int | None:
        """Of a download."""
        if self.state is not ModelState.DOWNLOADING or not self.total:
            return None
        return min(100, 100 * self.bytes // self.total)


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    engine: str
    resident: int = 0
    """Bytes of memory that the worker's process has; 0 where that is not known."""
    models: tuple[HeldModel, ...] = ()
    usage: dict[str, Usage] = {}
    """What is used of each model's allowance, where the engine has one."""
    trouble: str = ""
    """Why the engine can do nothing at present, where it knows."""


class ModelCommand(msgspec.Struct, frozen=True):
    id: str
    what: Literal["load", "unload"]
    model: str
