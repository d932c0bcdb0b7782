"""Holds an engine with its model, and keeps all of its lanes at work.

Receives: `work`, from itself.
Sends: `exchange` and `renew` to the JobManager, passing progress to the Broadcaster.
A crash: the pieces in hand are given to others, and count as attempts. It crashes itself when its
    engine falls silent: only the end of the process stops a native call that hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import msgspec
from loguru import logger

from actors.broadcaster import Broadcaster
from actors.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Context, Recipe
from retender.engines.api import Engine, News, Progress
from retender.errors import RetenderError, StorageFull, Unreachable, WorkError
from retender.work import Broke, Dropped, Exchange, Order, Orders, Outcome, Verdict


class TranscriberSettings(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat: float = 0.5
    """Seconds between signs of life to the manager; a cancellation is heard with the next."""
    patience: float = 2.0
    """How long an idle lane waits at the manager before it asks again."""
    silence: float = 60.0
    """An engine that gives no sign of life for so long is taken to hang."""


class EngineHangs(Exception):
    """A bug or a stuck native call: the worker ends, and its process with it."""


class Transcriber:
    def __init__(self, engine: Recipe, settings: TranscriberSettings) -> None:
        self._engine: Engine = engine.resolve()(**engine.options)
        self._settings = settings
        self._batches: dict[_Batch, None] = {}
        self._held: dict[str, None] = {}
        """Tokens of what was given, until the manager has heard what became of it."""

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._life = f"{ctx.random.getrandbits(64):016x}"
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        self._broadcaster = ctx.ref(Broadcaster, BROADCASTER)
        await self._engine.open()
        ctx.after(0, Transcriber.work)

    async def stopping(self) -> None:
        await self._engine.close()

    async def work(self) -> None:
        """All lanes at once, until this life is to end."""
        async with asyncio.TaskGroup() as group:
            heart = group.create_task(self._beat())
            lanes = [group.create_task(self._lane()) for _ in range(self._engine.lanes)]
            await asyncio.wait(lanes)
            heart.cancel()

    async def _lane(self) -> None:
        """Turn in what is done, take what is next, do it."""
        done: tuple[Outcome, ...] = ()
        while done or not self._ctx.stopping:
            orders = await self._exchange(done, self._engine.batch)
            done = await self._do(orders) if orders else ()

    async def _do(self, orders: tuple[Order, ...]) -> tuple[Outcome, ...]:
        """Work on one batch; what ends it is returned, to be turned in with the next request."""
        if self._ctx.stopping:
            return tuple(Dropped(order.token) for order in orders)
        batch = _Batch(orders)
        self._batches[batch] = None
        try:
            batch.task = asyncio.create_task(self._follow(batch))
            return await batch.task
        except asyncio.CancelledError:
            if batch.open:
                raise
            return ()
        finally:
            batch.task.cancel()
            del self._batches[batch]

    async def _follow(self, batch: _Batch) -> tuple[Outcome, ...]:
        try:
            async with aclosing(self._engine.work(batch.orders)) as news:
                while batch.open:
                    item = await self._next(news)
                    if isinstance(item, Progress):
                        self._pass_on(batch, item)
                    elif batch.end(item.token):
                        if not batch.open:
                            return (item,)
                        await self._exchange((item,), 0)
        except WorkError as error:
            return tuple(Broke(token, error.failure()) for token in batch.open)
        return ()

    async def _next(self, news: AsyncGenerator[News, None]) -> News:
        try:
            async with asyncio.timeout(self._settings.silence):
                return await anext(news)
        except TimeoutError:
            silence = self._settings.silence
            raise EngineHangs(f"the engine gave no sign of life for {silence:g} s") from None

    def _pass_on(self, batch: _Batch, progress: Progress) -> None:
        order = batch.open.get(progress.token)
        if order is not None:
            self._broadcaster.tell(
                Broadcaster.progress, order.job_id, order.index, progress.seconds
            )

    async def _exchange(self, done: tuple[Outcome, ...], want: int) -> tuple[Order, ...]:
        """Until the manager has heard what is done: it may be away, or have no room."""
        while True:
            asked = Exchange(
                worker=self._ctx.name,
                life=self._life,
                outcomes=done,
                want=0 if self._ctx.stopping else want,
                wait=self._settings.patience,
                engines=(self._engine.name,),
            )
            try:
                manager = self._manager.within(self._settings.patience + 5.0)
                orders: Orders = await manager.ask(JobManager.exchange, asked)
            except (Unreachable, StorageFull) as error:
                logger.debug("{} could not turn in its work: {}", self._ctx.name, error.message)
                await asyncio.sleep(self._settings.heartbeat)
                if self._ctx.stopping or not done:
                    return ()
            else:
                self._let_go(outcome.token for outcome in done)
                self._held.update((order.token, None) for order in orders.orders)
                return orders.orders

    async def _beat(self) -> None:
        """Say that we live, and hear what has been called off."""
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            try:
                verdicts = await self._manager.ask(
                    JobManager.renew, self._ctx.name, self._life, tuple(self._held)
                )
            except RetenderError as error:
                logger.debug("{} was not heard: {}", self._ctx.name, error.message)
                continue
            off = {token for token, verdict in verdicts.items() if verdict is not Verdict.GO_ON}
            self._let_go(off)
            for batch in list(self._batches):
                batch.call_off(off)

    def _let_go(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            self._held.pop(token, None)


class _Batch:
    """Orders that are worked on together, and which of them are not ended."""

    def __init__(self, orders: tuple[Order, ...]) -> None:
        self.orders = orders
        self.open = {order.token: order for order in orders}
        self.task: asyncio.Task[tuple[Outcome, ...]]

    def end(self, token: str) -> bool:
        """Whether anyone still waits for this order's outcome."""
        return self.open.pop(token, None) is not None

    def call_off(self, tokens: set[str]) -> None:
        """Nobody wants these any more. When none is left, the work stops."""
        ended = [self.end(token) for token in tuple(self.open) if token in tokens]
        if ended and not self.open:
            self.task.cancel()
