"""Orders that a worker works on together, and which of them are still open."""

from __future__ import annotations

import asyncio

from retender.workers.orders import Order, Outcome

# The first cancellation lets an engine stop computing in order; the second ends it at once.
_CALLS_OFF = 3
_A_MOMENT = 0.1


class OrderBatch:
    def __init__(self, orders: tuple[Order, ...], now: float) -> None:
        self.orders = orders
        self.last_sign = now
        """When the engine last reported."""
        self.turning_in = False
        """True while an outcome is being sent: the engine's silence does not count then."""
        self.open = {order.token: order for order in orders}
        self.stuck = False
        """True if the batch was cancelled and its engine did not stop in time."""
        self.task: asyncio.Task[tuple[Outcome, ...]]

    def end(self, token: str) -> bool:
        """Close an order; False if it was closed already."""
        return self.open.pop(token, None) is not None

    def call_off(self, tokens: set[str]) -> bool:
        """Cancel these orders. True if none is left, and so the work is stopped here. While an
        outcome is being sent it is not: that would be lost, and the work stops after it."""
        ended = [self.end(token) for token in tuple(self.open) if token in tokens]
        if not ended or self.open or self.turning_in:
            return False
        self.task.cancel()
        return True

    async def abandon(self) -> None:
        """The worker ends: cancel the engine without waiting for it."""
        for _ in range(_CALLS_OFF):
            if self.task.done():
                return
            self.task.cancel()
            done, _ = await asyncio.wait((self.task,), timeout=_A_MOMENT)
            if done and not self.task.cancelled():
                # Nobody needs its result, not even the log.
                self.task.exception()
