"""Orders that a worker works on together, and which of them are not ended."""

from __future__ import annotations

import asyncio

from retender.workers.orders import Order, Outcome

# Called off once an engine stops computing before it leaves; called off again it just leaves.
_CALLS_OFF = 3
_A_MOMENT = 0.1


class OrderBatch:
    def __init__(self, orders: tuple[Order, ...], now: float) -> None:
        self.orders = orders
        self.last_sign = now
        """When the engine last said anything of it."""
        self.turning_in = False
        """The engine is not asked for anything meanwhile."""
        self.open = {order.token: order for order in orders}
        self.stuck = False
        """It was called off, and its engine did not stop in time."""
        self.task: asyncio.Task[tuple[Outcome, ...]]

    def end(self, token: str) -> bool:
        """Whether anyone still waits for this order's outcome."""
        return self.open.pop(token, None) is not None

    def call_off(self, tokens: set[str]) -> bool:
        """Nobody wants these any more. When none is left, the work stops: then this is true."""
        ended = [self.end(token) for token in tuple(self.open) if token in tokens]
        if not ended or self.open:
            return False
        self.task.cancel()
        return True

    async def abandon(self) -> None:
        """The worker ends. Its engine is called off; what it computes is not waited for."""
        for _ in range(_CALLS_OFF):
            if self.task.done():
                return
            self.task.cancel()
            done, _ = await asyncio.wait((self.task,), timeout=_A_MOMENT)
            if done and not self.task.cancelled():
                # Its end is of no interest any more, not even to the log.
                self.task.exception()
