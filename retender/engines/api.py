"""What turns audio into text, as a worker sees it.

An engine is given orders of one line and tells what comes of them as it comes. It ends each order
with exactly one outcome; in between it gives signs of life, so that one that hangs is noticed.
What goes wrong with one order is that order's `Broke`; a `WorkError` raised is that of all orders
not yet ended; any other exception is a bug, and the worker dies of it.

Closing the iterator before its end is how work is called off: the engine stops computing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from retender.work import Broke, Order, Prepared, Transcribed


class Progress(msgspec.Struct, frozen=True):
    """A sign of life: so many seconds of this order's audio are done."""

    token: str
    seconds: float


News = Progress | Prepared | Transcribed | Broke


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

    def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[News, None]: ...

    async def close(self) -> None: ...
