"""Who is at the other end, where a door of our own stands between them and this process.

HAProxy comes from this very machine, whoever it speaks for. It tells whom, in a header that it lets
nobody else set; where it was not told to, nobody can know. What a proxy before it says is looked at
afterwards, with this to go by.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "X-Retender-Peer"

_NAME = HEADER.lower().encode()


class Peer:
    def __init__(self, app: ASGIApp, *, told: bool) -> None:
        """`told`: the door says who comes."""
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            said = [value for name, value in scope["headers"] if name == _NAME]
            known = self._told and len(said) == 1
            scope = {
                **scope,
                "scheme": "ws" if scope["type"] == "websocket" else "http",
                "client": (said[0].decode("latin-1"), 0) if known else None,
                "headers": [each for each in scope["headers"] if each[0] != _NAME],
            }
        await self._app(scope, receive, send)
