"""The workers' latest reports, and the model commands that wait for them.

Kept in memory only: after a restart the next reports fill it again.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from actors.limits import COMMANDS_WAITING
from retender.errors import EngineUnavailable
from retender.workers.reports import ModelCommand, WorkerReport


class WorkerInfo(msgspec.Struct, frozen=True):
    """One worker with its latest report."""

    worker: str
    age: float
    """Seconds since the report."""
    report: WorkerReport


class _LastReport(NamedTuple):
    instance: str
    report: WorkerReport
    at: float
    last_heartbeat: float
    """Time of the last heartbeat."""


class WorkerRegistry:
    def __init__(self, epoch: int, good_for: float) -> None:
        """A worker without a heartbeat for `good_for` seconds may be gone."""
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
            self._reports[worker] = known._replace(last_heartbeat=now)

    def commands(self, worker: str, heard: tuple[str, ...]) -> tuple[ModelCommand, ...]:
        """Commands that this worker has not acknowledged yet."""
        waiting = self._commands.get(worker, {})
        for command_id in heard:
            waiting.pop(command_id, None)
        return tuple(waiting.values())

    def gone(self, worker: str) -> None:
        self._reports.pop(worker, None)
        self._commands.pop(worker, None)

    def all(self, now: float) -> tuple[WorkerInfo, ...]:
        self._reports = {
            worker: last
            for worker, last in self._reports.items()
            if now - last.last_heartbeat <= self._good_for
        }
        return tuple(
            WorkerInfo(worker, now - last.at, last.report)
            for worker, last in sorted(self._reports.items())
        )

    def command(
        self, what: Literal["load", "unload"], model: str, engine: str, now: float
    ) -> tuple[str, ...]:
        """Send a command to all workers with this engine; return their names."""
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
