"""Logs one line for each request that was served, and counts it for the metrics.

A line has a bounded length and contains nothing private: the route as a template, never the
requested address and its query; the id of the key, never the key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.runtime.api import Clock

_METHODS: Final = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_QUIET: Final = ("/health", "/metrics")
"""Programs request these all the time: they are logged at DEBUG."""


class Served(NamedTuple):
    method: str
    route: str
    status: int
    """The close code of a WebSocket. 499 if the client left before there was an answer."""
    seconds: float
    received: int
    sent: int


GONE: Final = 499
_NO_ROUTE: Final = "-"
_LAST_KNOWN_CLOSE: Final = 1015


class AccessLog:
    def __init__(self, app: ASGIApp, clock: Clock, count: Callable[[Served], None]) -> None:
        self._app = app
        self._clock = clock
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        observed = _Observed(receive, send)
        try:
            await self._app(scope, observed.receive, observed.send)
        finally:
            served = Served(
                method=_method(scope),
                route=_template(scope),
                status=observed.status,
                seconds=self._clock.monotonic() - began,
                received=observed.received,
                sent=observed.sent,
            )
            self._count(served)
            _log(served, scope.get("state", {}))


class _Observed:
    """Passes a request's messages on, and notes their sizes and the status."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.status = GONE
        self.received = 0
        self.sent = 0

    async def receive(self) -> Message:
        message = await self._receive()
        match message["type"]:
            case "http.request":
                self.received += len(message.get("body", b""))
            case "websocket.receive":
                self.received += _frame_size(message)
            case "websocket.disconnect":
                self.status = _close_code(message.get("code", GONE))
        return message

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                self.status = message["status"]
            case "http.response.body" | "websocket.http.response.body":
                self.sent += len(message.get("body", b""))
            case "websocket.send":
                self.sent += _frame_size(message)
            case "websocket.close":
                self.status = message.get("code", 1000)
        await self._send(message)


def _close_code(code: int) -> int:
    """A client may close with any code: all unknown ones are counted as one."""
    return code if code <= _LAST_KNOWN_CLOSE else _LAST_KNOWN_CLOSE + 1


def _frame_size(message: Message) -> int:
    return len(message.get("text") or message.get("bytes") or b"")


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WEBSOCKET"
    method: str = scope["method"]
    return method if method in _METHODS else "OTHER"


def _template(scope: Scope) -> str:
    """The path of the route with names for its parameters, and the prefix it was included with."""
    route = getattr(scope.get("route"), "path", None)
    if route is None:
        return _without_values(scope) if "endpoint" in scope else _NO_ROUTE
    if ":path}" in route:
        return str(route)
    requested = scope["path"].split("/")
    prefix = requested[: len(requested) - route.count("/")]
    return "/".join(prefix) + str(route)


def _without_values(scope: Scope) -> str:
    """For a route that has no path: the address, with its parameters' values made names again."""
    template = str(scope["path"])
    for name, value in scope.get("path_params", {}).items():
        if value:
            before, _, after = template.rpartition(str(value))
            template = f"{before}{{{name}}}{after}"
    return template


def _log(served: Served, state: dict[str, Any]) -> None:
    caller = state.get("caller")
    logger.bind(
        request=state.get("request_id", ""),
        key=getattr(caller, "name", "") or None,
        status=served.status,
        ms=round(served.seconds * 1e3, 1),
        received=served.received,
        sent=served.sent,
    ).log(
        "DEBUG" if served.route.startswith(_QUIET) else "INFO",
        "{} {} {}",
        served.method,
        served.route,
        served.status,
    )
