"""What turns audio into text, as a worker sees it.

An engine is given orders of one line and tells what comes of them as it comes. It ends each order
with exactly one outcome; in between it gives signs of life, so that one that hangs is noticed.
What goes wrong with one order is that order's `Broke`; a `WorkError` raised is that of all orders
not yet ended; any other exception is a bug, and the worker dies of it.

Closing the iterator before its end is how work is called off: the engine stops computing, and the
closing is over when it has. Where nothing but the end of the process can stop it, that is what
happens: it must not leave earlier.

An engine may also be `Reporting` and `Keeping`.
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
    """A sign of life: so many seconds of this order's audio are done."""

    token: str
    seconds: float
    stage: Stage | None = None
    """What is waited for, where that is another stage than the order's own."""
    note: Note | None = None
    """What is to be said of it."""


EngineMessage = Progress | Prepared | Transcribed | Failed | Declined


class Engine(Protocol):
    @property
    def name(self) -> str:
        """What an order's `engine` option calls it."""

    @property
    def lanes(self) -> int:
        """How many batches it can work on side by side."""

    @property
    def batch(self) -> int:
        """How many orders of one line it takes at a time."""

    async def open(self) -> None: ...

    def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]: ...

    async def close(self) -> None: ...


@runtime_checkable
class Reporting(Protocol):
    """It has more to say of itself than its name."""

    async def report(self) -> WorkerReport: ...


@runtime_checkable
class ManagesModels(Protocol):
    """It keeps models in memory: loaded when they are needed, given up when they are not."""

    @property
    def needs_restart(self) -> bool:
        """It has given up its models, and all of their memory comes back to the machine when its
        process ends, and only then. Nothing is in hand, and nothing is lost by it."""

    async def load(self, model: str) -> None:
        """Have this model ready for whoever comes; nobody at work waits for that."""

    async def unload(self, model: str) -> None:
        """Give this model up, once nobody uses it."""
