"""The services that the app is given. The app knows neither where its actors run nor how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.collector import Collector
from actors.delivery.convex_sync import ConvexSync
from actors.manager.job_manager import JobManager
from actors.metrics.meter import Meter
from actors.rate_limiter import RateLimiter
from actors.runtime.api import Clock, Ref
from actors.supervision.supervisor import Supervisor
from retender.outbound.connections import OutboundAccess
from retender.storage.blobs import Blobs
from retender.storage.partial_uploads import PartialUploadStore
from serve_app.access.callers import Gate
from serve_app.access.key_file import Keyring
from serve_app.access.rate_limits import OwnRateLimits, RateLimits, SharedRateLimits
from serve_app.access.tickets import Tickets
from serve_app.limits import FETCHES_AT_ONCE
from serve_app.settings import HttpSettings
from serve_app.state.background_tasks import BackgroundTasks
from serve_app.state.closing import Closing
from serve_app.state.health_monitor import HealthMonitor
from serve_app.state.live_messages import MessageCache
from serve_app.state.open_sockets import OpenSockets
from serve_app.state.traffic import Traffic
from serve_app.state.upload_locks import UploadLocks


@dataclass(frozen=True, kw_only=True)
class Services:
    manager: Ref[JobManager]
    broadcaster: Ref[Broadcaster]
    meter: Ref[Meter]
    collector: Ref[Collector]
    convex: Ref[ConvexSync] | None = None
    """None where jobs are synced to no Convex database."""
    rate_limiter: Ref[RateLimiter] | None = None
    """None where this process alone serves HTTP, and counts the requests of callers itself."""
    root: Ref[Supervisor]
    hub: Hub
    blobs: Blobs
    clock: Clock
    new_id: Callable[[], str]
    settings: HttpSettings
    ticket_secret: bytes
    """Signs tickets. Processes that accept each other's tickets share it."""
    keys: Keyring = field(default_factory=Keyring)
    dropped: Callable[[], Awaitable[Mapping[str, int]]]
    """Counts, by receiver, the messages between actors that were dropped."""
    closing: Closing = field(default_factory=Closing)
    open_sockets: OpenSockets = field(default_factory=OpenSockets)
    traffic: Traffic = field(default_factory=Traffic)
    upload_locks: UploadLocks = field(default_factory=UploadLocks)
    reach: OutboundAccess = field(default_factory=OutboundAccess)
    """Which addresses recordings may be fetched from, and how they are connected to."""
    fetches: BackgroundTasks = field(default_factory=lambda: BackgroundTasks(FETCHES_AT_ONCE))

    @cached_property
    def partials(self) -> PartialUploadStore:
        return PartialUploadStore(self.blobs.root)

    @cached_property
    def gate(self) -> Gate:
        per_minute, highest = self.settings.rate_limit, self.settings.priority_max
        return Gate(self.keys, self._rate_limits, per_minute, highest)

    @property
    def _rate_limits(self) -> RateLimits:
        limits = self.settings.rate_limits
        if self.rate_limiter is None:
            return OwnRateLimits(limits, self.clock)
        return SharedRateLimits(self.rate_limiter, limits, self.clock)

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.ticket_secret, self.clock, self.new_id)

    @cached_property
    def messages(self) -> MessageCache:
        return MessageCache(self.manager)

    @cached_property
    def health(self) -> HealthMonitor:
        return HealthMonitor(
            self.manager, self.root, self.clock, self.closing.begin, convex=self.convex
        )


def _services(connection: HTTPConnection) -> Services:
    return cast("Services", cast("Any", connection.app).state.services)


Given = Annotated[Services, Depends(_services)]
"""The type of an endpoint's parameter that receives the services."""
