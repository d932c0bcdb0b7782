"""What is answered while the rest of the service starts: a page that loads itself again, the
routes of health, and 503 with `Retry-After` for everything else."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from retender.errors import Starting

RETRY_SECONDS: Final = 1
_REASON: Final = "the service is starting"

_HEADERS: Final = {
    "Retry-After": str(RETRY_SECONDS),
    "Cache-Control": "no-store",
    # The next request opens a connection of its own, and reaches the service once it is there.
    "Connection": "close",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_PAGE: Final = f"""<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{RETRY_SECONDS}">
<title>Retender</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font-family: system-ui, sans-serif; margin: 20vh auto 0; max-width: 30rem; padding: 1rem }}
</style>
<main role="status">
<h1>Retender</h1>
<p>El servicio se está iniciando. Esta página se abre sola en unos segundos.</p>
<p lang="en">The service is starting. This page opens by itself in a few seconds.</p>
</main>
</html>
"""


class StartingApp:
    """An ASGI app. Requests have no effect: their bodies are not read."""

    def __init__(self, profile: str, version: str) -> None:
        self._health = {
            "status": "starting",
            "reason": _REASON,
            "version": version,
            "profile": profile,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/health":
            return _json(self._health, 200)
        if path == "/health/live":
            return _json({"status": "live"}, 200)
        if path == "/health/ready":
            return _json({"status": "not_ready", "reason": _REASON}, 503)
        if path == "/" and request.method in {"GET", "HEAD"}:
            return HTMLResponse(_PAGE, 503, _HEADERS)
        error = {"code": Starting.code, "message": _REASON, "request_id": "", "details": {}}
        return _json({"error": error}, 503)


def as_file() -> bytes:
    """The page as an answer of HTTP/1, for a proxy in front of a service that does not run yet."""
    headers = _HEADERS | {"Content-Type": "text/html; charset=utf-8"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n{_PAGE}".encode()


def _json(body: dict[str, Any], status: int) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, _HEADERS, media_type="application/json")
