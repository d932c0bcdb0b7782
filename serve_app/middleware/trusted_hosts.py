"""Turns away web pages of others, where no key protects the service from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from retender.errors import Forbidden
from serve_app.access.trusted_hosts import trusted, welcome
from serve_app.middleware import errors
from serve_app.settings import HttpSettings

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEALTH: Final = "/health"
"""Load balancers ask for it under names of their own, and it tells nothing of anyone's."""


class TrustedHosts:
    """`needed` is false where callers show keys: a page of others has none."""

    def __init__(self, app: ASGIApp, *, settings: HttpSettings, needed: Callable[[], bool]) -> None:
        self._app = app
        self._settings = settings
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._needed():
            request = Request(scope)
            refusal = refused(request, self._settings)
            if refusal is not None and not request.url.path.startswith(_HEALTH):
                await errors.answer(request, refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def refused(connection: HTTPConnection, settings: HttpSettings) -> Forbidden | None:
    """Why this request is not answered, if it comes from a page of others."""
    host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
    if not trusted(host, settings.trusted_hosts):
        return Forbidden(
            f"this service is not known as {host!r}: its owner can add that name to "
            "RETENDER_TRUSTED_HOSTS"
        )
    changes = connection.scope.get("method") not in _SAFE_METHODS
    if changes and not welcome(origin, host, settings.cors_origins):
        return Forbidden(
            f"pages from {origin} may not use this service: its owner can add them to CORS_ORIGINS"
        )
    return None
