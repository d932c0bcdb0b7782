"""The workers as they describe themselves, and what is wished of them. The JobManager's memory:
it comes again with the workers' next reports."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from actors.limits import COMMANDS_WAITING
from retender.errors import EngineUnavailable
from retender.workers.reports import ModelCommand, WorkerReport


class WorkerInfo(msgspec.Struct, frozen=True):
    """One worker, and what it said last."""

    worker: str
    age: float
    """Seconds since it said so."""
    report: WorkerReport


class _LastReport(NamedTuple):
    instance: str
    report: WorkerReport
    at: float
    heard: float
    """When there was a sign of its life."""


class WorkerRegistry:
    def __init__(self, epoch: int, good_for: float) -> None:
        """A worker that has given no sign of life for `good_for` seconds may be gone."""
        self._epoch = epoch
        self._good_for = good_for
        self._reports: dict[str, _LastReport] = {}
        self._commands: dict[str, dict[str, ModelCommand]] = {}
        self._commanded = 0

    def hear(self, worker: str, instance: str, report: WorkerReport | None, now: float) -> None:
        known = self._reports.get(worker)
        if report is not None:
            self._reports[worker] = _LastReport(instance, report, now, now)
        elif known is not None and known.instance == instance:
            self._reports[worker] = known._replace(heard=now)

    def commands(self, worker: str, heard: tuple[str, ...]) -> tuple[ModelCommand, ...]:
        """What this worker has not heard of yet."""
        waiting = self._commands.get(worker, {})
        for wish_id in heard:
            waiting.pop(wish_id, None)
        return tuple(waiting.values())

    def gone(self, worker: str) -> None:
        self._reports.pop(worker, None)
        self._commands.pop(worker, None)

    def all(self, now: float) -> tuple[WorkerInfo, ...]:
        self._reports = {
            worker: said
            for worker, said in self._reports.items()
            if now - said.heard <= self._good_for
        }
        return tuple(
            WorkerInfo(worker, now - said.at, said.report)
            for worker, said in sorted(self._reports.items())
        )

    def command(
        self, what: Literal["load", "unload"], model: str, engine: str, now: float
    ) -> tuple[str, ...]:
        """Wish it of all workers with this engine; the names of those."""
        workers = [each.worker for each in self.all(now) if each.report.engine == engine]
        if not workers:
            raise EngineUnavailable(f"no worker with the engine '{engine}' is here at present")
        for worker in workers:
            self._commanded += 1
            command = ModelCommand(f"{self._epoch}.{self._commanded}", what, model)
            waiting = self._commands.setdefault(worker, {})
            waiting[command.id] = command
            while len(waiting) > COMMANDS_WAITING:
                del waiting[next(iter(waiting))]
        return tuple(workers)
