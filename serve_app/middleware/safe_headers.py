"""What every answer tells browsers, so that they do nothing with it that was not meant."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE: Final = (
    "default-src 'self'; "
    "connect-src 'self' https: wss:; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Of a page of the service's own: its own scripts and no others, framed by nobody."""

DATA: Final = "default-src 'none'; frame-ancestors 'none'"
"""Of whatever is no page: nothing in it is run or loaded."""

HSTS: Final = "max-age=31536000"
"""Said over https only: a year long the browser comes back by it."""

EXPOSED: Final = (
    "Content-Disposition",
    "Idempotent-Replayed",
    "Location",
    "Retry-After",
    "X-Request-ID",
)
"""Headers that a page of another origin may read."""


class SafeHeaders:
    """Where an answer has one of these headers already, it knows better."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), secure=secure)
            await send(message)

        await self._app(scope, receive, with_headers)


def _add(headers: MutableHeaders, *, secure: bool) -> None:
    page = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Content-Security-Policy", PAGE if page else DATA)
    if "etag" not in headers:
        headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers.setdefault("Strict-Transport-Security", HSTS)
