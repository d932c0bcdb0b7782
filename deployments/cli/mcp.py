"""`retender mcp`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from deployments.cli.service import Key, Server, service
from deployments.client.client import Client, NoService
from deployments.logs import configuration
from deployments.settings import BadSetting, read


def mcp(server: Server = "", key: Key = "") -> None:
    """Speak the Model Context Protocol on standard input and output, for an assistant.

    It is a client of the service that runs here, or of the one of --server. The assistant starts
    this command by itself; docs/how-to/assistants.md shows how to set that up.
    """
    # Only this command waits for the HTTP app and for the SDK.
    from deployments.mcp.app import MISSING, installed  # noqa: PLC0415 - see above

    if not installed():
        raise BadSetting(MISSING)
    from deployments.mcp import tools  # noqa: PLC0415 - likewise

    settings = read()
    configuration.configure("ERROR", settings.log_format)

    @asynccontextmanager
    async def reach(_: Any) -> AsyncIterator[Client]:
        """Looked for at each call: the service may start after the assistant."""
        try:
            async with service(settings, server, key) as client:
                yield client
        except NoService as error:
            raise NoService(f"{error.message}; `retender serve` starts one") from error

    made = tools.server(reach, version("retender"), files=True, urls=True)
    asyncio.run(made.run_stdio_async())
