"""Job: hold an engine with its model, and keep all of its lanes at work.
Receives: `work`, from itself.
Sends: `exchange` and `renew` to the JobManager, transient progress to the Broadcaster.
A crash: its pieces go to others and count as attempts. It crashes itself if its engine is silent,
    because only the end of the process stops a native call that hangs. It ends itself by plan,
    without pieces, when only that gives memory back or stops cancelled work.
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
from retender.engines.api import Engine, ManagesModels, Progress, Reporting
from retender.errors import RetenderError, StorageFull, Unreachable, WorkError
from retender.workers.orders import (
    Exchange,
    Failed,
    LeaseState,
    Order,
    Orders,
    Outcome,
    Renewal,
    Returned,
)
from retender.workers.reports import ModelCommand, WorkerReport


class TranscriberSettings(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat: float = 0.5
    """Seconds between heartbeats; a cancellation arrives with the next one."""
    poll_seconds: float = 2.0
    """Seconds that an idle lane's long poll waits at the manager."""
    silence: float = 120.0
    """An engine that is silent for so many seconds is taken to hang. Nothing is reported during a
    native call, and one window of a large model takes tens of seconds on a slow processor."""
    stop_seconds: float = 2.0
    """Seconds that an engine may take to stop after all of its work was cancelled."""
    report_every: float = 2.0
    """Seconds between two reports, which travel with heartbeats."""


class EngineHangs(Exception):
    """A bug or a stuck native call: the worker ends, and its process with it."""


class Transcriber:
    def __init__(self, engine: Recipe, settings: TranscriberSettings) -> None:
        self._engine: Engine = engine.resolve()(**engine.options)
        self._with_models = self._engine if isinstance(self._engine, ManagesModels) else None
        self._settings = settings
        self._batches: dict[OrderBatch, None] = {}
        self._held: dict[str, None] = {}
        """Lease tokens, until the manager has received the outcomes."""
        self._heard: dict[str, None] = {}
        """Ids of commands that were carried out, until the manager knows."""
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
        """Run all lanes until this instance is to end."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            lanes = [group.create_task(self._lane()) for _ in range(self._engine.lanes)]
            self._run_in_background(self._heartbeats())
            done = group.create_task(asyncio.wait(lanes))
            left = group.create_task(self._leaving.wait())
            await asyncio.wait((done, left), return_when=asyncio.FIRST_COMPLETED)
            for task in (*lanes, *self._beside, done, left):
                task.cancel()

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a background task as long as the lanes; its failure ends this worker."""
        task = self._group.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _lane(self) -> None:
        """Send outcomes, take the next orders, work on them, again and again."""
        done: tuple[Outcome, ...] = ()
        while done or not self._ctx.stopping:
            self._end_if_spent()
            orders = await self._exchange(done, self._engine.batch)
            done = await self._do(orders) if orders else ()

    async def _do(self, orders: tuple[Order, ...]) -> tuple[Outcome, ...]:
        """Work on one batch; return its last outcomes, which go with the next exchange."""
        if self._ctx.stopping:
            return tuple(Returned(order.token) for order in orders)
        batch = OrderBatch(orders, self._ctx.clock.monotonic())
        batch.task = asyncio.create_task(self._follow(batch))
        self._batches[batch] = None
        try:
            await self._run_batch(batch)
        finally:
            await batch.abandon()
            del self._batches[batch]
        if batch.task.cancelled():
            assert not batch.open, "the engine called off what was wanted"
            return ()
        return batch.task.result()

    async def _run_batch(self, batch: OrderBatch) -> None:
        silence = self._settings.silence
        while not batch.task.done():
            now, sign = self._ctx.clock.monotonic(), batch.last_sign
            poll_seconds = silence if batch.turning_in else max(0.0, sign + silence - now)
            await asyncio.wait((batch.task,), timeout=poll_seconds)
            silent = batch.last_sign == sign and not batch.turning_in
            if silent and not batch.task.done():
                raise EngineHangs(f"the engine gave no sign of life for {silence:g} s")

    async def _follow(self, batch: OrderBatch) -> tuple[Outcome, ...]:
        try:
            async with aclosing(self._engine.work(batch.orders)) as news:
                async for item in news:
                    batch.last_sign = self._ctx.clock.monotonic()
                    if isinstance(item, Progress):
                        self._report_progress(batch, item)
                    elif batch.end(item.token):
                        if not batch.open:
                            return (item,)
                        await self._send_outcome(batch, item)
                        if not batch.open:
                            return ()
        except WorkError as error:
            return tuple(Failed(token, error.failure()) for token in batch.open)
        assert not batch.open, "the engine left orders without an outcome"
        return ()

    async def _send_outcome(self, batch: OrderBatch, outcome: Outcome) -> None:
        """Send one outcome while the rest of the batch goes on. The manager may be unavailable for
        longer than an engine may be silent."""
        batch.turning_in = True
        await self._exchange((outcome,), 0)
        batch.turning_in = False
        batch.last_sign = self._ctx.clock.monotonic()

    def _report_progress(self, batch: OrderBatch, progress: Progress) -> None:
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
        """Repeat until the manager has recorded the outcomes: it may restart, or lack disk
        space."""
        while True:
            asked = Exchange(
                worker=self._ctx.name,
                instance=self._instance,
                outcomes=done,
                want=0 if self._ctx.stopping else want,
                lanes=self._engine.lanes,
                wait=self._settings.poll_seconds,
                engines=(self._engine.name,),
            )
            try:
                manager = self._manager.within(self._settings.poll_seconds + 5.0)
                orders: Orders = await manager.ask(JobManager.exchange, asked)
            except (Unreachable, StorageFull) as error:
                logger.debug("{} could not turn in its work: {}", self._ctx.name, error.message)
                await asyncio.sleep(self._settings.heartbeat)
                if self._ctx.stopping or not done:
                    return ()
            else:
                self._release(outcome.token for outcome in done)
                self._held.update((order.token, None) for order in orders.orders)
                return orders.orders

    async def _heartbeats(self) -> None:
        """Send heartbeats; handle cancellations and model commands in the answers."""
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            self._end_if_spent()
            self._end_if_stuck()
            try:
                renewed = await self._renew()
            except RetenderError as error:
                logger.debug("{} was not heard: {}", self._ctx.name, error.message)
                continue
            states = renewed.leases.items()
            off = {token for token, state in states if state is not LeaseState.ACTIVE}
            self._release(off)
            for batch in list(self._batches):
                if batch.call_off(off):
                    self._run_in_background(self._watch_stop(batch))
            for command in renewed.commands:
                self._heard[command.id] = None
                self._run_in_background(self._carry_out(command))

    async def _renew(self) -> Renewal:
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

    async def _report(self) -> WorkerReport:
        if isinstance(self._engine, Reporting):
            return await self._engine.report()
        return WorkerReport(engine=self._engine.name)

    async def _carry_out(self, command: ModelCommand) -> None:
        """Carry out a model command in the background; engines without models ignore it."""
        if (engine := self._with_models) is None:
            return
        carry_out = engine.load if command.what == "load" else engine.unload
        try:
            await carry_out(command.model)
        except RetenderError as error:
            logger.warning(
                "{} cannot {} {}: {}", self._ctx.name, command.what, command.model, error.message
            )
        self._report_due = 0.0

    async def _watch_stop(self, batch: OrderBatch) -> None:
        stopped, _ = await asyncio.wait((batch.task,), timeout=self._settings.stop_seconds)
        if not stopped:
            batch.stuck = True
            self._end_if_stuck()

    def _end_if_stuck(self) -> None:
        """End this process if that is the only way to stop cancelled work, and no other work is
        lost."""
        if any(batch.stuck for batch in self._batches) and not self._held:
            self._ctx.end("its engine did not stop when all of its work was called off")
            self._leaving.set()

    def _end_if_spent(self) -> None:
        """End this process if that is the only way to give all memory back."""
        if self._with_models is not None and self._with_models.needs_restart:
            self._ctx.end("its models were given up, and their memory is to go back")

    def _release(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            self._held.pop(token, None)
