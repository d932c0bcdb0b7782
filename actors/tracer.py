"""Job: send the traces of jobs to a collector of OpenTelemetry.
Receives: pages of trace records from the JobManager.
Sends: `traces` to the JobManager; what it makes of the answers, to the collector.
A crash: spans that were not sent are lost; the next instance goes on with what the manager has.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from loguru import logger

from actors.manager.job_manager import JobManager
from actors.page_reader import PageReader
from actors.runtime.api import Context, Recipe
from retender.errors import RetenderError
from retender.jobs.trace import TracePage, TraceRecord


class TraceExporter(Protocol):
    def add(self, record: TraceRecord) -> None:
        """Never waits, and never fails because of the collector."""

    def close(self) -> None:
        """Send what is left, within a bounded time."""


class Tracer:
    def __init__(self, exporter: Recipe) -> None:
        self._recipe = exporter
        self._exporter: TraceExporter | None = None

    async def started(self, ctx: Context) -> None:
        self._exporter = await asyncio.to_thread(self._make)
        self._reader = PageReader(ctx, JobManager.traces, Tracer.take_page, Tracer.unavailable)

    async def stopping(self) -> None:
        if self._exporter is not None:
            await asyncio.to_thread(self._exporter.close)

    async def take_page(self, page: TracePage) -> None:
        assert self._exporter is not None
        for record in page.records:
            self._exporter.add(record)
        if page.missed:
            logger.warning("{} parts of traces were dropped before they were read", page.missed)
        self._reader.read_on(page)

    async def unavailable(self, error: RetenderError) -> None:
        self._reader.retry(error)

    def _make(self) -> TraceExporter:
        """In a thread, because loading the exporter's packages takes a while."""
        exporter: TraceExporter = self._recipe.resolve()(**self._recipe.options)
        return exporter
