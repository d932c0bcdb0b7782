"""What the app is given to work with; it knows neither where its actors live nor how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.metrics.meter import Meter
from actors.runtime.api import Clock, Ref
from actors.supervision.supervisor import Supervisor
from retender.outbound.connections import OutboundAccess
from retender.storage.blobs import Blobs
from retender.storage.partial_uploads import PartialUploadStore
from serve_app.access.callers import Gate
from serve_app.access.key_file import Keyring
from serve_app.limits import FETCHES_AT_ONCE
from serve_app.live.audience import Audience
from serve_app.live.messages import Press
from serve_app.live.tickets import Tickets
from serve_app.operations.pulse import Pulse
from serve_app.operations.traffic import Traffic
from serve_app.settings import HttpSettings
from serve_app.uploads.background_tasks import BackgroundTasks
from serve_app.uploads.turns import Turns


class Closing:
    """Whether this process has been told to stop: intake is over, followers are sent away."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._to_tell: dict[object, Callable[[], None]] = {}

    @property
    def begun(self) -> bool:
        return self._told.is_set()

    def begin(self) -> None:
        self._told.set()
        for tell in tuple(self._to_tell.values()):
            tell()

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have it called when the stop begins, while the block lasts."""
        place = object()
        self._to_tell[place] = tell
        try:
            yield
        finally:
            del self._to_tell[place]

    async def wait(self) -> None:
        await self._told.wait()


@dataclass(frozen=True, kw_only=True)
class Services:
    manager: Ref[JobManager]
    broadcaster: Ref[Broadcaster]
    meter: Ref[Meter]
    root: Ref[Supervisor]
    hub: Hub
    blobs: Blobs
    clock: Clock
    new_id: Callable[[], str]
    settings: HttpSettings
    ticket_secret: bytes
    """Signs tickets. Processes that are to take each other's tickets share it."""
    keys: Keyring = field(default_factory=Keyring)
    dropped: Callable[[], Awaitable[Mapping[str, int]]]
    """Messages that found no place, by whom they were for."""
    closing: Closing = field(default_factory=Closing)
    audience: Audience = field(default_factory=Audience)
    traffic: Traffic = field(default_factory=Traffic)
    turns: Turns = field(default_factory=Turns)
    reach: OutboundAccess = field(default_factory=OutboundAccess)
    """For recordings that are fetched."""
    fetches: BackgroundTasks = field(default_factory=lambda: BackgroundTasks(FETCHES_AT_ONCE))

    @cached_property
    def partials(self) -> PartialUploadStore:
        return PartialUploadStore(self.blobs.root)

    @cached_property
    def gate(self) -> Gate:
        return Gate(self.keys, self.clock, self.settings.rate_limit)

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.ticket_secret, self.clock, self.new_id)

    @cached_property
    def press(self) -> Press:
        return Press(self.manager)

    @cached_property
    def pulse(self) -> Pulse:
        return Pulse(self.manager, self.root, self.clock, self.closing.begin)


def _services(connection: HTTPConnection) -> Services:
    return cast("Services", cast("Any", connection.app).state.services)


Given = Annotated[Services, Depends(_services)]
"""How an endpoint asks for them."""
