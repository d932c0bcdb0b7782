"""The service that a command uses, and the options that choose it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from deployments.client.client import Client, NoService, first_alive
from deployments.serving.address import candidates, reachable
from deployments.settings import Settings

Server = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Where the service is; else RETENDER_SERVER, else the one of this machine.",
        show_default=False,
    ),
]
Key = Annotated[
    str,
    typer.Option(
        metavar="KEY",
        help="For a service that asks for one. Others on this machine may see it: rather set "
        "RETENDER_KEY.",
        show_default=False,
    ),
]


async def looked_for(settings: Settings, server: str, key: str) -> Client | None:
    """None where no service is named, and none runs here. Raises `NoService` where the named one
    does not answer."""
    named = server or settings.server
    urls = [reachable(named)] if named else candidates(settings)
    client = await first_alive(urls, key or settings.key.get_secret_value(), settings.language)
    if client is None and named:
        raise NoService(f"no service answers at {named}")
    return client


@asynccontextmanager
async def service(settings: Settings, server: str, key: str) -> AsyncIterator[Client]:
    """Raises `NoService`."""
    client = await looked_for(settings, server, key)
    if client is None:
        where = " or ".join(candidates(settings))
        raise NoService(f"no service answers at {where}" if where else "no service runs here")
    async with client:
        yield client
