"""Answers on the service's port while the service starts."""

from __future__ import annotations

import asyncio
import threading
from importlib.metadata import version
from typing import Final, Self

import uvicorn

from deployments.serving.web import QuietServer, listen
from serve_app.page.starting import StartingApp

_CONNECTIONS: Final = 100
_HEADER_SECONDS: Final = 5


class StartingServer:
    """A thread of its own: the main one is busy importing. The port is shared (`SO_REUSEPORT`) with
    the server that takes over, which may start to listen at any time."""

    def __init__(self, host: str, port: int, profile: str) -> None:
        """Raises `BadSetting` if the port is in use."""
        listen(host, port).close()
        self._listener = listen(host, port, shared=True)
        self.port: int = self._listener.getsockname()[1]
        self._server = QuietServer(
            uvicorn.Config(
                StartingApp(profile, version("retender")),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=_HEADER_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="starting", daemon=True)

    def __enter__(self) -> Self:
        self._listener.listen()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the port to the service. May be called again."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))
