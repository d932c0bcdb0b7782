"""The interface of an engine to its worker: it turns audio into text.

An engine gets orders with the same batch key, and yields messages about them. Each order gets
exactly one outcome; before that, it gets `Progress` as a heartbeat, so that an engine that hangs is
noticed. An error of one order is a `Failed` for that order. A raised `WorkError` is the outcome of
all orders that have none yet. Any other exception is a bug, and ends the worker.

Closing the generator early cancels the work: the engine stops computing, and `aclose` returns when
it has stopped. If only the end of the process can stop it, `aclose` must not return before that.

An engine may also implement `Reporting` and `ManagesModels`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol, runtime_checkable

import msgspec

from retender.jobs.messages import Note
from retender.jobs.states import Stage
from retender.workers.orders import Declined, Failed, Order, Prepared, Transcribed
from retender.workers.reports import WorkerReport


class Progress(msgspec.Struct, frozen=True):
    """A heartbeat: so many seconds of this order's audio are done."""

    token: str
    seconds: float
    stage: Stage | None = None
    """The present stage, if it is another than the order's own."""
    note: Note | None = None
    """A message for people about the stage."""


EngineMessage = Progress | Prepared | Transcribed | Failed | Declined


class Engine(Protocol):
    @property
    def name(self) -> str:
        """Its name in the `engine` option of an order."""

    @property
    def lanes(self) -> int:
        """How many batches it can work on in parallel."""

    @property
    def batch(self) -> int:
        """How many orders with the same batch key it takes at a time."""

    async def open(self) -> None: ...

    def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]: ...

    async def close(self) -> None: ...


@runtime_checkable
class Reporting(Protocol):
    """An engine that reports its state."""

    async def report(self) -> WorkerReport: ...


@runtime_checkable
class ManagesModels(Protocol):
    """An engine that loads models into memory when they are needed, and unloads them later."""

    @property
    def needs_restart(self) -> bool:
        """True if it has unloaded its models, and their memory returns to the machine only when the
        process ends. It has no work then, so nothing is lost by a restart."""

    async def load(self, model: str) -> None:
        """Load this model for later orders. Work in progress does not wait for it."""

    async def unload(self, model: str) -> None:
        """Unload this model when no order uses it."""
