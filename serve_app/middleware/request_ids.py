"""Gives every request an id, which is in its answer, its errors and its log lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Request-ID"

ACCEPTABLE: Final = "[A-Za-z0-9._-]{1,64}"
"""An id that the caller sends is used, so that it finds the request in all of its systems."""

_acceptable: Final = re.compile(ACCEPTABLE).fullmatch

_ANSWERED: Final = {"http.response.start", "websocket.accept"}


class RequestIds:
    def __init__(
        self, app: ASGIApp, new_id: Callable[[], str], *, added_outside: bool = False
    ) -> None:
        """`added_outside`: the server around the app adds the request's id to the answer."""
        self._app = app
        self._new_id = new_id
        self._answers = {"websocket.accept"} if added_outside else _ANSWERED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _acceptable(given) else self._new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] in self._answers:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)
