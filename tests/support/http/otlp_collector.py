"""A collector of traces that reads OTLP over HTTP with the protocol's own definitions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from actors.runtime.api import Recipe
from deployments.wiring.traces import EXPORTER

DEADLINE = 60.0


class SpanSeen(NamedTuple):
    name: str
    trace: str
    id: str
    parent: str
    """Empty: it is the first of its trace."""
    kind: str
    began: float
    ended: float
    error: str | None
    """None: it did not fail."""
    said: dict[str, Any]
    service: str


class OtlpCollector:
    def __init__(self) -> None:
        self.spans: list[SpanSeen] = []
        self.headers: list[dict[str, str]] = []
        self.paths: set[str] = set()
        self.answer = 200
        self.asked = threading.Event()
        """A request has come."""
        self.mute = threading.Event()
        """Set: requests are answered. Until `fall_silent` it is."""
        self.mute.set()
        self._came = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def recipe(self, **headers: str) -> Recipe:
        return exporter(self.address, **headers)

    def fall_silent(self) -> None:
        """Requests are taken, and not answered."""
        self.mute.clear()

    def close(self) -> None:
        self.mute.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def named(self, *names: str) -> list[SpanSeen]:
        return sorted(
            (span for span in self.spans if span.name in names), key=lambda span: span.began
        )

    async def one(self, name: str, job_id: str = "") -> SpanSeen:
        """Wait for a span of this name."""
        async with asyncio.timeout(DEADLINE):
            while True:
                found = self.named(name)
                found = [span for span in found if job_id in {"", span.said["retender.job"]}]
                if found:
                    return found[0]
                self._came.clear()
                await self._came.wait()

    def _take(self, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.headers.append({name.lower(): value for name, value in headers})
        self.spans += _spans(request)
        self._loop.call_soon_threadsafe(self._came.set)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.asked.set()
                collector.mute.wait(DEADLINE)
                if collector.answer == 200:
                    collector.paths.add(self.path)
                    collector._take(self.headers.items(), body)
                self.send_response(collector.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def exporter(address: str, **headers: str) -> Recipe:
    options = {
        "endpoint": address,
        "headers": headers,
        "service": "stt",
        "version": "0.test",
        "close_seconds": DEADLINE,
    }
    return Recipe(EXPORTER, options)


def _spans(request: ExportTraceServiceRequest) -> Iterator[SpanSeen]:
    for resource in request.resource_spans:
        about = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _seen(span, str(about["service.name"]))


def _seen(span: Span, service: str) -> SpanSeen:
    failed = span.status.code == Status.STATUS_CODE_ERROR
    return SpanSeen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        began=span.start_time_unix_nano / 1e9,
        ended=span.end_time_unix_nano / 1e9,
        error=span.status.message if failed else None,
        said=_values(span.attributes),
        service=service,
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in attributes
    }
