"""Holds an engine with its model, and keeps all of its lanes at work.

Receives: `work`, from itself.
Sends: `exchange` and `renew` to the JobManager, passing progress to the Broadcaster.
A crash: the pieces in hand are given to others, and count as attempts. It crashes itself when its
    engine falls silent: only the end of the process stops a native call that hangs. It ends itself
    by plan, empty-handed, when that alone gives memory back or stops what was called off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import aclosing
from typing import Any

import msgspec
from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Context, Recipe
from actors.workers.batch import OrderBatch
from retender.engines.api import Engine, Keeping, Progress, Reporting
from retender.errors import RetenderError, StorageFull, Unreachable, WorkError
from retender.workers.orders import (
    Broke,
    Dropped,
    Exchange,
    Order,
    Orders,
    Outcome,
    Renewed,
    Verdict,
)
from retender.workers.reports import ModelCommand, Report


class TranscriberSettings(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat: float = 0.5
    """Seconds between signs of life to the manager; a cancellation is heard with the next."""
    patience: float = 2.0
    """How long an idle lane waits at the manager before it asks again."""
    silence: float = 120.0
    """An engine that gives no sign of life for so long is taken to hang. There are none inside a
    native call, and a window of a large model takes a slow processor tens of seconds."""
    stop_seconds: float = 2.0
    """So long an engine may take to stop when all that the worker has in hand is called off."""
    report_every: float = 2.0
    """Seconds between two reports to the manager, which go with signs of life."""


class EngineHangs(Exception):
    """A bug or a stuck native call: the worker ends, and its process with it."""


class Transcriber:
    def __init__(self, engine: Recipe, settings: TranscriberSettings) -> None:
        self._engine: Engine = engine.resolve()(**engine.options)
        self._settings = settings
        self._batches: dict[OrderBatch, None] = {}
        self._held: dict[str, None] = {}
        """Tokens of what was given, until the manager has heard what became of it."""
        self._heard: dict[str, None] = {}
        """Wishes that were taken up, until the manager knows."""
        self._report_due = 0.0
        self._beside: set[asyncio.Task[None]] = set()
        self._leaving = asyncio.Event()

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._instance = f"{ctx.random.getrandbits(64):016x}"
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        self._broadcaster = ctx.ref(Broadcaster, BROADCASTER)
        await self._engine.open()
        ctx.after(0, Transcriber.work)

    async def stopping(self) -> None:
        await self._engine.close()

    async def work(self) -> None:
        """All lanes at once, until this life is to end."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            lanes = [group.create_task(self._lane()) for _ in range(self._engine.lanes)]
            self._go_on_beside(self._beat())
            done = group.create_task(asyncio.wait(lanes))
            left = group.create_task(self._leaving.wait())
            await asyncio.wait((done, left), return_when=asyncio.FIRST_COMPLETED)
            for task in (*lanes, *self._beside, done, left):
                task.cancel()

    def _go_on_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """As long as there are lanes; what goes wrong in it is this worker's end."""
        task = self._group.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _lane(self) -> None:
        """Turn in what is done, take what is next, do it."""
        done: tuple[Outcome, ...] = ()
        while done or not self._ctx.stopping:
            self._end_if_spent()
            orders = await self._exchange(done, self._engine.batch)
            done = await self._do(orders) if orders else ()

    async def _do(self, orders: tuple[Order, ...]) -> tuple[Outcome, ...]:
        """Work on one batch; what ends it is returned, to be turned in with the next request."""
        if self._ctx.stopping:
            return tuple(Dropped(order.token) for order in orders)
        batch = OrderBatch(orders, self._ctx.clock.monotonic())
        batch.task = asyncio.create_task(self._follow(batch))
        self._batches[batch] = None
        try:
            await self._see_it_done(batch)
        finally:
            await batch.abandon()
            del self._batches[batch]
        if batch.task.cancelled():
            assert not batch.open, "the engine called off what was wanted"
            return ()
        return batch.task.result()

    async def _see_it_done(self, batch: OrderBatch) -> None:
        silence = self._settings.silence
        while not batch.task.done():
            now, sign = self._ctx.clock.monotonic(), batch.last_sign
            patience = silence if batch.turning_in else max(0.0, sign + silence - now)
            await asyncio.wait((batch.task,), timeout=patience)
            silent = batch.last_sign == sign and not batch.turning_in
            if silent and not batch.task.done():
                raise EngineHangs(f"the engine gave no sign of life for {silence:g} s")

    async def _follow(self, batch: OrderBatch) -> tuple[Outcome, ...]:
        try:
            async with aclosing(self._engine.work(batch.orders)) as news:
                async for item in news:
                    batch.last_sign = self._ctx.clock.monotonic()
                    if isinstance(item, Progress):
                        self._pass_on(batch, item)
                    elif batch.end(item.token):
                        if not batch.open:
                            return (item,)
                        await self._turn_in_one(batch, item)
        except WorkError as error:
            return tuple(Broke(token, error.failure()) for token in batch.open)
        assert not batch.open, "the engine left orders without an outcome"
        return ()

    async def _turn_in_one(self, batch: OrderBatch, outcome: Outcome) -> None:
        """While others of the batch go on. The manager may be away for longer than an engine may
        be silent."""
        batch.turning_in = True
        await self._exchange((outcome,), 0)
        batch.turning_in = False
        batch.last_sign = self._ctx.clock.monotonic()

    def _pass_on(self, batch: OrderBatch, progress: Progress) -> None:
        order = batch.open.get(progress.token)
        if order is not None:
            self._broadcaster.tell(
                Broadcaster.progress,
                order.job_id,
                order.index,
                progress.seconds,
                progress.stage,
                progress.note,
            )

    async def _exchange(self, done: tuple[Outcome, ...], want: int) -> tuple[Order, ...]:
        """Until the manager has heard what is done: it may be away, or have no room."""
        while True:
            asked = Exchange(
                worker=self._ctx.name,
                instance=self._instance,
                outcomes=done,
                want=0 if self._ctx.stopping else want,
                lanes=self._engine.lanes,
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
        """Say that we live, and hear what has been called off and what is wished."""
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            self._end_if_spent()
            self._end_if_stuck()
            try:
                renewed = await self._renew()
            except RetenderError as error:
                logger.debug("{} was not heard: {}", self._ctx.name, error.message)
                continue
            off = {
                token for token, verdict in renewed.verdicts.items() if verdict is not Verdict.GO_ON
            }
            self._let_go(off)
            for batch in list(self._batches):
                if batch.call_off(off):
                    self._go_on_beside(self._see_it_stop(batch))
            for command in renewed.commands:
                self._heard[command.id] = None
                self._go_on_beside(self._grant(command))

    async def _renew(self) -> Renewed:
        heard, now = tuple(self._heard), self._ctx.clock.monotonic()
        report = await self._report() if now >= self._report_due else None
        renewed = await self._manager.ask(
            JobManager.renew, self._ctx.name, self._instance, tuple(self._held), report, heard
        )
        if report is not None:
            self._report_due = now + self._settings.report_every
        for wish_id in heard:
            self._heard.pop(wish_id, None)
        return renewed

    async def _report(self) -> Report:
        if isinstance(self._engine, Reporting):
            return await self._engine.report()
        return Report(engine=self._engine.name)

    async def _grant(self, command: ModelCommand) -> None:
        """Beside the work; an engine that keeps no models has nothing to do about it."""
        if not isinstance(self._engine, Keeping):
            return
        carry_out = self._engine.load if command.what == "load" else self._engine.unload
        try:
            await carry_out(command.model)
        except RetenderError as error:
            logger.warning(
                "{} cannot {} {}: {}", self._ctx.name, command.what, command.model, error.message
            )
        self._report_due = 0.0

    async def _see_it_stop(self, batch: OrderBatch) -> None:
        stopped, _ = await asyncio.wait((batch.task,), timeout=self._settings.stop_seconds)
        if not stopped:
            batch.stuck = True
            self._end_if_stuck()

    def _end_if_stuck(self) -> None:
        """Only the end of the process stops what it computes; but not at the cost of others."""
        if any(batch.stuck for batch in self._batches) and not self._held:
            self._ctx.end("its engine did not stop when all of its work was called off")
            self._leaving.set()

    def _end_if_spent(self) -> None:
        """Only the end of the process gives all of the memory back."""
        if isinstance(self._engine, Keeping) and self._engine.spent:
            self._ctx.end("its models were given up, and their memory is to go back")

    def _let_go(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            self._held.pop(token, None)
