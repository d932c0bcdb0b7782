"""The tools at `/mcp` of the service, by streamable HTTP.

Each tool asks the service's own app, in this process, with the caller's key: so keys, owners,
limits and the log are those of any other client. The transport keeps no sessions: any process of
the service can answer any request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import httpx
from fastapi import FastAPI
from mcp.server.mcpserver import Context
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deployments.client.client import Client
from deployments.mcp.tools import CONTENT_BYTES, server
from serve_app.access import callers
from serve_app.settings import HttpSettings

PATH: Final = "/mcp"
BODY_BYTES: Final = CONTENT_BYTES * 4 // 3 + 64 * 1024
_HERE: Final = "http://localhost"


def mount(app: FastAPI, settings: HttpSettings) -> None:
    """Add the route, and what it needs for as long as the app serves."""

    def reach(ctx: Context) -> AbstractAsyncContextManager[Client]:
        request: Any = ctx.request_context.request
        return _client(app, request)

    tools = server(reach, settings.version, files=False, urls=settings.url_input)
    # Host and Origin have been checked by the service's own rules before a request comes here.
    manager = StreamableHTTPSessionManager(
        tools._lowlevel_server,  # noqa: SLF001 - the SDK's own app would not share our routes
        stateless=True,
        max_request_body_size=BODY_BYTES,
    )
    app.router.routes.append(Route(PATH, _Endpoint(manager), include_in_schema=False))
    serves = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[Any]:
        async with serves(served) as state, manager.run():
            yield state

    app.router.lifespan_context = lifespan


class _Endpoint:
    """An ASGI app: Starlette hands it the request as it is."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `Unauthorized`, which the app answers: who has no key sees no tools either."""
        await callers.caller(HTTPConnection(scope))
        await self._manager.handle_request(scope, receive, send)


def _client(app: FastAPI, request: HTTPConnection) -> Client:
    transport = httpx.ASGITransport(app, client=(callers.address(request), 0))
    language = request.headers.get("accept-language", "")
    return Client(_HERE, callers.presented(request.headers), language or "en", transport)
