"""What the app is given to work with; it knows neither where its actors live nor how."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from actors.broadcaster import Broadcaster
from actors.hub import Hub
from actors.job_manager import JobManager
from actors.runtime.api import Clock, Ref
from retender.blobs import BlobStore
from serve_app.audience import Audience
from serve_app.settings import HttpSettings


class Closing:
    """Whether this process has been told to stop: intake is over, followers are sent away."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    @property
    def begun(self) -> bool:
        return self._told.is_set()

    def begin(self) -> None:
        self._told.set()

    async def wait(self) -> None:
        await self._told.wait()


@dataclass(frozen=True, kw_only=True)
class Services:
    manager: Ref[JobManager]
    broadcaster: Ref[Broadcaster]
    hub: Hub
    blobs: BlobStore
    clock: Clock
    new_id: Callable[[], str]
    settings: HttpSettings
    closing: Closing = field(default_factory=Closing)
    audience: Audience = field(default_factory=Audience)


def _services(connection: HTTPConnection) -> Services:
    return cast("Services", cast("Any", connection.app).state.services)


Given = Annotated[Services, Depends(_services)]
"""How an endpoint asks for them."""
