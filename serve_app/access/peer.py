"""Finds the client's address when Ray Serve's own HAProxy stands between it and this process.

HAProxy connects from this machine for every client. It passes the client's address on in a
header that no client can set; if it is not configured to, the address is unknown. The forwarded
headers of proxies in front of HAProxy are read afterwards, and believed by this address.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "X-Retender-Peer"

_NAME = HEADER.lower().encode()


class Peer:
    def __init__(self, app: ASGIApp, *, added: bool) -> None:
        """`added`: HAProxy is configured to add the header."""
        self._app = app
        self._added = added

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            values = [value for name, value in scope["headers"] if name == _NAME]
            known = self._added and len(values) == 1
            scope = {
                **scope,
                "scheme": "ws" if scope["type"] == "websocket" else "http",
                "client": (values[0].decode("latin-1"), 0) if known else None,
                "headers": [each for each in scope["headers"] if each[0] != _NAME],
            }
        await self._app(scope, receive, send)
