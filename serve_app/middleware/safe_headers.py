"""Adds to every answer the headers that stop browsers from misusing it."""

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
"""For the service's own pages: only their own scripts run, and no page may frame them."""

DATA: Final = "default-src 'none'; frame-ancestors 'none'"
"""For all other answers: nothing in them is run or loaded."""

HSTS: Final = "max-age=31536000"
"""Sent over https only: for a year the browser connects only by https."""

EXPOSED: Final = (
    "Content-Disposition",
    "Idempotent-Replayed",
    "Location",
    "Retry-After",
    "X-Request-ID",
)
"""Headers that pages from other origins may read."""


class SafeHeaders:
    """A header that an answer has already is left as it is."""

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
