"""Sends traces to a collector by OTLP over HTTP, with the SDK of OpenTelemetry (extra `otel`).

The only module that imports these packages; it is loaded where a collector is set up.

Spans wait in the SDK's queue, which is bounded, and a thread of the SDK sends them. What the
collector does not take is dropped. So a collector that is slow or away delays nobody.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import Final

from loguru import logger
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from retender.jobs.trace import (
    Part,
    TraceRecord,
    parent_of,
    root_span_id,
    span_id,
    trace_id,
)
from retender.outbound.limits import TRACES_CLOSE_SECONDS, TRACES_SEND_SECONDS, TRACES_WAITING

PATH: Final = "/v1/traces"

_KINDS: Final = {
    Part.JOB: SpanKind.SERVER,
    Part.WEBHOOK: SpanKind.CLIENT,
    Part.CONVEX: SpanKind.CLIENT,
}
_NANOSECONDS: Final = 1_000_000_000


class OtlpExporter:
    """`endpoint`: the collector's base address, as in `OTEL_EXPORTER_OTLP_ENDPOINT`."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        service: str,
        version: str,
        close_seconds: float = TRACES_CLOSE_SECONDS,
    ) -> None:
        address = f"{endpoint.rstrip('/')}{PATH}"
        self._close_seconds = close_seconds
        self._ids = _GivenIds()
        self._sender = _Sender(address, headers)
        resource = Resource.create({"service.name": service, "service.version": version})
        self._provider = TracerProvider(
            resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(self._sender, max_queue_size=TRACES_WAITING)
        )
        self._tracer = self._provider.get_tracer("retender", version)
        # Of an actor that was killed the thread would live on.
        self._dropped = weakref.finalize(self, _drop, self._sender, self._provider, close_seconds)
        self._dropped.atexit = False

    def add(self, record: TraceRecord) -> None:
        number = int(trace_id(record.job_id, record.trace), 16)
        caller = _caller(record)
        sampling = self._provider.sampler.should_sample(caller, number, str(record.part))
        if sampling.decision is not Decision.RECORD_AND_SAMPLE:
            return
        self._ids.trace, self._ids.span = number, int(span_id(record), 16)
        context = caller if record.part is Part.JOB else _below_the_job(record, number)
        span = self._tracer.start_span(
            str(record.part),
            context=context,
            kind=_KINDS.get(record.part, SpanKind.INTERNAL),
            attributes=_attributes(record),
            # The clock may have been set back, or be that of another machine.
            start_time=int(min(record.began, record.ended) * _NANOSECONDS),
        )
        if record.failed:
            span.set_status(StatusCode.ERROR, record.code or record.outcome)
        span.end(int(record.ended * _NANOSECONDS))

    def close(self) -> None:
        """Send what is left. After `close_seconds` the rest is dropped."""
        self._dropped.detach()
        self._sender.close_by(time.monotonic() + self._close_seconds)
        # A daemon: a request under way that does not end must not keep the process alive.
        end = Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        end.start()
        end.join(self._close_seconds)
        if end.is_alive():
            self._sender.shutdown()
            end.join(self._close_seconds)


def _drop(sender: _Sender, provider: TracerProvider, seconds: float) -> None:
    sender.close_by(time.monotonic() + seconds)
    Thread(target=provider.shutdown, name="traces-end", daemon=True).start()


class _GivenIds(IdGenerator):
    """The ids follow from the job, not from chance."""

    trace = 0
    span = 0

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class _Sender(SpanExporter):
    """Sends within a time limit, and logs once that the collector is lost, and once that it is
    back."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self._address = address
        self._inner = OTLPSpanExporter(
            endpoint=address, headers=dict(headers) or None, timeout=TRACES_SEND_SECONDS
        )
        self._reasons = _silence()
        self._close_by: float | None = None
        self._lost = 0
        self._closed = False

    def close_by(self, deadline: float) -> None:
        self._close_by = deadline

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._close_by is not None and time.monotonic() >= self._close_by:
            return SpanExportResult.FAILURE
        result = self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self._lost:
                logger.info("traces are taken again; {} spans were dropped", self._lost)
            self._lost = 0
            return result
        if not self._lost:
            logger.warning(
                "traces are not taken at {}, and dropped until they are: {}",
                self._address,
                self._reasons.last,
            )
        self._lost += len(spans)
        return result

    def shutdown(self) -> None:
        if not self._closed:
            self._closed = True
            self._inner.shutdown()  # type: ignore[no-untyped-call]  # the SDK's


class _Reasons(logging.Handler):
    """Keeps why the last request failed; the SDK would log it for every batch."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


def _silence() -> _Reasons:
    library = logging.getLogger("opentelemetry")
    found = next((each for each in library.handlers if isinstance(each, _Reasons)), None)
    if found is not None:
        return found
    reasons = _Reasons(logging.WARNING)
    library.addHandler(reasons)
    library.propagate = False
    return reasons


def _caller(record: TraceRecord) -> Context:
    parent = parent_of(record.trace)
    if parent is None:
        return Context()
    return _within(int(parent.trace_id, 16), parent.span_id, sampled=parent.sampled, remote=True)


def _below_the_job(record: TraceRecord, trace: int) -> Context:
    return _within(trace, root_span_id(record.job_id, record.trace), sampled=True, remote=False)


def _within(trace: int, span: str, *, sampled: bool, remote: bool) -> Context:
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    there = SpanContext(trace, int(span, 16), is_remote=remote, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(there), Context())


def _attributes(record: TraceRecord) -> dict[str, str | int | float]:
    """Nothing here tells of the recording."""
    found = {
        "retender.job": record.job_id,
        "retender.outcome": record.outcome,
        "retender.chunk": record.chunk,
        "retender.attempt": record.attempt,
        "retender.worker": record.worker,
        "retender.engine": record.engine,
        "retender.model": record.model,
        "retender.audio_seconds": record.audio_seconds,
        "error.type": record.code,
        "server.address": record.receiver,
    }
    return {name: value for name, value in found.items() if value not in {None, ""}}
