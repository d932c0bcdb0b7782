"""The models that jobs may name, and requests to load or unload them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

from actors.manager.worker_registry import WorkerRegistry
from actors.runtime.api import Clock, Later
from retender.engines.models.library import Library, LibrarySettings
from retender.engines.models.overview import ModelHolder, ModelInfo, overview
from retender.errors import EngineUnavailable
from retender.jobs.job import Job
from retender.scheduling.engine_choice import LOCAL, base_engine

ENGINE = LOCAL
"""The only engine that keeps models in memory."""


class ModelRequests:
    def __init__(
        self, library: LibrarySettings | None, default: str, registry: WorkerRegistry, clock: Clock
    ) -> None:
        self._library = None if library is None else Library(library)
        self._default = default
        self._registry = registry
        self._clock = clock

    def overview(self) -> Later[tuple[ModelInfo, ...]]:
        """Reads the disk in a thread: the manager handles other messages meanwhile."""
        return Later(asyncio.ensure_future(self._look()))

    def check(self, job: Job) -> None:
        """Raises `InvalidOption` if the job names an unknown model: it would wait and then fail."""
        name = job.options.model
        if name and base_engine(job.engine or "") == ENGINE and self._library is not None:
            self._library.named(name)

    def would_repeat(self, known: Job) -> bool:
        """Whether this finished job would be done by the same model again. One that names no model
        may have been done by another default model, or by one that replaced it for a while."""
        engine = base_engine(known.engine or "")
        if known.options.model or engine != ENGINE or self._library is None:
            return True
        return known.model in {None, self._present_default()}

    def _present_default(self) -> str:
        """As the workers have it; before they have reported, as it is set."""
        assert self._library is not None
        reports = (each.report for each in self._registry.all(self._clock.monotonic()))
        in_use = (report.default for report in reports if report.engine == ENGINE)
        found = next((each.model for each in in_use if each is not None), None)
        return found or self._library.canonical(self._default)

    def command(self, what: Literal["load", "unload"], name: str) -> tuple[str, ...]:
        """Send the command; return the names of the workers that will carry it out."""
        if self._library is None:
            raise EngineUnavailable("nothing is recognised on this machine: there are no models")
        model = self._library.named(name)
        return self._registry.command(what, model, ENGINE, self._clock.monotonic())

    async def _look(self) -> tuple[ModelInfo, ...]:
        library = self._library
        if library is None:
            return overview((), self._holders(), self._default)
        entries = await asyncio.get_running_loop().run_in_executor(None, library.catalogue)
        return overview(entries, self._holders(), library.canonical(self._default))

    def _holders(self) -> Iterator[ModelHolder]:
        now = self._clock.now()
        for worker_info in self._registry.all(self._clock.monotonic()):
            for held in worker_info.report.models:
                yield ModelHolder(worker_info.worker, now - worker_info.age - held.loaded_for, held)
