"""The HTTP app served by uvicorn, in the event loop that also runs the actors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn
from fastapi import FastAPI
from loguru import logger

from actors.runtime.mailbox import describe
from deployments.limits import CONNECTIONS, SOCKET_FRAME_BYTES
from deployments.serving.connections import Http, Socket
from deployments.settings import BadSetting
from serve_app.app import create_app
from serve_app.limits import CLOSING_SECONDS
from serve_app.state.services import Services

_BACKLOG: Final = 2048


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Bind the port before anything else starts, so that a port in use is reported first.
    `shared`: another process of the same user may listen there, too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets whose protocol is named: without it small answers
    # would wait 40 ms for the client's acknowledgements.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadSetting(
            f"Port {port} on {host} cannot be had ({error.strerror})",
            "Set PORT and HOST to others, or end what holds it.",
        ) from error
    return listener


def free_port(host: str) -> int:
    """A port that is free at the moment. Raises `BadSetting` if nothing can listen on the host."""
    with listen(host, 0) as listener:
        port: int = listener.getsockname()[1]
    return port


class QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: signals stop the whole service, not the server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Web:
    def __init__(
        self,
        services: Services,
        listener: socket.socket,
        app: Callable[[Services], FastAPI] = create_app,
    ) -> None:
        settings = services.settings
        config = uvicorn.Config(
            app(services),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.trusted_proxies),
            backlog=_BACKLOG,
            limit_concurrency=CONNECTIONS,
            http=Http,
            ws=Socket,
            ws_max_size=SOCKET_FRAME_BYTES,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=5,
        )
        self._listener = listener
        self._closing = services.closing
        self._open_sockets = services.open_sockets
        self._server = QuietServer(config)
        self._serving: asyncio.Task[None]

    @property
    def address(self) -> str:
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait({up, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            self._serving.result()

    async def ended(self) -> str:
        """Return the cause once the server has ended, for any reason."""
        await asyncio.wait({self._serving})
        return "the server has ended" if (error := self._error) is None else describe(error)

    @property
    def _error(self) -> BaseException | None:
        serving = self._serving
        return serving.exception() if serving.done() and not serving.cancelled() else None

    def close_intake(self) -> None:
        """Close followers' sockets with 1001 (come back later); requests are still answered."""
        self._closing.begin()

    async def stop(self) -> None:
        self.close_intake()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._open_sockets.all_closed(), CLOSING_SECONDS)
        self._server.should_exit = True
        await asyncio.wait({self._serving})
        if (error := self._error) is not None:
            logger.error("the server did not end well: {}", describe(error))
