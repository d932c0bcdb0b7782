"""What a worker reports with each heartbeat, and the commands for models that it is sent."""

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
    """It could not be loaded: `trouble` says why."""


class HeldModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one worker. Durations are seconds until the time of the report."""

    model: str
    state: ModelState
    precision: str = ""
    bytes: int = 0
    """Memory that it takes at most; during a download, bytes that have arrived."""
    total: int = 0
    """During a download: its size, or 0 if unknown."""
    users: int = 0
    loaded_for: float = 0.0
    idle_for: float = 0.0
    trouble: str = ""

    @property
    def percent(self) -> int | None:
        """Of a download; None if there is none or its size is unknown."""
        if self.state is not ModelState.DOWNLOADING or not self.total:
            return None
        return min(100, 100 * self.bytes // self.total)


class DefaultInUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """The model that does the jobs that name none."""

    model: str
    instead_of: str = ""
    """The default model, if this one replaces it; else empty."""
    missing: str = ""
    """Why the default model cannot be had; empty if it may not fit into memory."""


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    engine: str
    resident: int = 0
    """Memory of the worker's process in bytes; 0 if unknown."""
    models: tuple[HeldModel, ...] = ()
    usage: dict[str, Usage] = {}
    """What is used of the limits of each model; empty if there are no limits."""
    default: DefaultInUse | None = None
    """None if the engine has no models of its own, or has not looked yet."""
    trouble: str = ""
    """Why the engine cannot work now; empty if it can, or does not know."""


class ModelCommand(msgspec.Struct, frozen=True):
    id: str
    what: Literal["load", "unload"]
    model: str
