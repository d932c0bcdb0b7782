"""Job: keep as many Transcribers of one engine as the waiting audio needs, and none that hangs.
Receives: what a supervisor receives.
Sends: `load` (with the state of its workers), `worker_down` and `worker_left` to the JobManager.
A crash: its Transcribers end with it, and all are restarted. A Transcriber that dies too often is
    left down for a while: the pool continues with the others and reports the cause.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count, islice

import msgspec
from loguru import logger

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER, TRANSCRIBER_POOL, TRANSCRIBERS, worker
from actors.runtime.api import Context, Exit, Needs, Recipe
from actors.supervision.children import ChildSpec
from actors.supervision.restarts import Backoff, Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber import Transcriber, TranscriberSettings
from retender.errors import RetenderError
from retender.jobs.submission import PoolLoad
from retender.scheduling.engine_choice import LOCAL
from retender.scheduling.pool_size import Bounds, Sizing, plan_change, resize
from retender.workers.engine_info import PoolReport

_DOWN = ("restarting", "exhausted")


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    engine: Recipe
    serves: str = LOCAL
    """The engine's name, as jobs ask for it."""
    name: str = TRANSCRIBER_POOL
    workers: str = TRANSCRIBERS
    host: str = "process"
    bounds: Bounds = Bounds()
    transcriber: TranscriberSettings = TranscriberSettings()
    intensity: Intensity = Intensity()
    backoff: Backoff = Backoff()
    cool_down: float = 60.0
    grace: float = 30.0
    """Seconds that a stopped Transcriber may use to finish its piece."""
    look_every: float = 1.0
    needs: Needs = Needs()
    """Resources of each worker on a cluster."""


class TranscriberPool(Supervisor):
    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._sizing = Sizing(settings.bounds.least)
        numbers = range(1, settings.bounds.least + 1)
        super().__init__(tuple(self._spec(number) for number in numbers))

    async def started(self, ctx: Context) -> None:
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        await super().started(ctx)
        ctx.after(self._settings.look_every, TranscriberPool.look)

    async def child_down(self, name: str, exit_: Exit) -> None:
        if exit_.normal or (exit_.reason == "killed" and not self._keeps(name)):
            self._manager.tell(JobManager.worker_left, name)
        else:
            self._manager.tell(JobManager.worker_down, name, exit_.cause)

    def _keeps(self, name: str) -> bool:
        """A worker that was to stop is removed when it has ended, in any way."""
        return any(child.name == name for child in self.children())

    async def look(self) -> None:
        load = self._manager.ask(JobManager.load, self._condition())
        self._ctx.pipe(load, TranscriberPool.adjust, TranscriberPool.look_later)

    async def look_later(self, error: RetenderError) -> None:
        logger.debug("the load is not known: {}", error.message)
        self._ctx.after(self._settings.look_every, TranscriberPool.look)

    async def adjust(self, load: PoolLoad) -> None:
        self._ctx.after(self._settings.look_every, TranscriberPool.look)
        present = {child.name for child in self.children()}
        for name in load.silent:
            if name in present:
                await self.restart_child(name, "gave no sign of life")
        self._sizing = resize(
            self._sizing,
            self._settings.bounds,
            seconds_waiting=load.seconds_waiting,
            busy=len(present.intersection(load.busy)),
            now=self._ctx.clock.monotonic(),
        )
        await self._approach(self._sizing.size, load.busy)

    async def _approach(self, size: int, busy: Collection[str]) -> None:
        present = self.children()
        # Workers that are down come last: they are removed first.
        staying = sorted(
            (child for child in present if child.state != "stopping"),
            key=lambda child: child.state != "running",
        )
        change = plan_change(size, [child.name for child in staying], busy)
        taken = {child.name for child in present}
        free = (number for number in count(1) if self._called(number) not in taken)
        for number in islice(free, change.more):
            # Not by `start_child`: one that does not come up is to be tried again, and to be
            # seen, like those that were there from the beginning.
            self._admit(self._spec(number))
        self._act()
        for name in change.stop:
            await self.stop_child(name)

    def _condition(self) -> PoolReport:
        children = self.children()
        return PoolReport(
            engine=self._settings.serves,
            workers=sum(child.state == "running" for child in children),
            starting=sum(child.state == "starting" for child in children),
            down=tuple(
                f"{child.name} is down: {child.cause}" for child in children if child.state in _DOWN
            ),
        )

    def _called(self, number: int) -> str:
        return worker(self._settings.workers, number)

    def _spec(self, number: int) -> ChildSpec:
        settings = self._settings
        return ChildSpec(
            name=self._called(number),
            recipe=Recipe.of(Transcriber, engine=settings.engine, settings=settings.transcriber),
            host=settings.host,
            restart="permanent",
            grace=settings.grace,
            intensity=settings.intensity,
            backoff=settings.backoff,
            on_exhausted="report",
            cool_down=settings.cool_down,
            needs=settings.needs,
        )
