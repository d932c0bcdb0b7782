"""Every request has an id, which its answer, its errors and its log lines share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-ID"

ACCEPTABLE: Final = "[A-Za-z0-9._-]{1,64}"
"""A caller's own id is taken over, so that one id leads through all of its systems."""

_acceptable: Final = re.compile(ACCEPTABLE).fullmatch

_SIGNED: Final = {"http.response.start", "websocket.accept"}


class RequestIds:
    def __init__(
        self, app: ASGIApp, new_id: Callable[[], str], *, signed_outside: bool = False
    ) -> None:
        """`signed_outside`: whoever serves the app adds the id that a request has to the answer."""
        self._app = app
        self._new_id = new_id
        self._signs = {"websocket.accept"} if signed_outside else _SIGNED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _acceptable(given) else self._new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def signed(message: Message) -> None:
            if message["type"] in self._signs:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, signed)
