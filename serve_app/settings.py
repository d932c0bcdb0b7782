"""Settings of the HTTP service. Only values: they are read in `deployments/`."""

from __future__ import annotations

from typing import Literal

import msgspec

from retender.jobs.retention import DAY
from retender.rates import Counted
from serve_app import limits


class BodyTimeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How slowly the body of a request may arrive."""

    idle: float = limits.BODY_IDLE_SECONDS
    least_rate: int = limits.BODY_LEAST_RATE
    window: float = limits.BODY_WINDOW_SECONDS


class InstanceLimits(msgspec.Struct, frozen=True):
    """What the container allows, and how many pieces are worked on at a time because of that."""

    memory: int | None
    """Bytes; None if unknown."""
    cpu: float | None
    """Processors' worth of time; None: no limit that can be seen."""
    at_once: int
    reason: str


class DataState(msgspec.Struct, frozen=True):
    """Whether the data folder has lasted."""

    state: Literal["new", "kept", "incomplete"]
    since: float
    """When it was first used, in seconds since 1970."""
    moves: int
    """Restarts of the machine or container that it has survived."""
    reason: str


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    profile: str = "local"
    language: str = "es"
    """Of messages for people, if the request does not prefer another."""
    most_bytes: int = 25 * 1024 * 1024
    """A larger recording is refused: before its body is read, if the length is declared."""
    max_concurrent_jobs: int = 1
    """Only reported, by `GET /queue/info`."""
    upload_seconds: float = DAY
    """Time to finish a resumable upload."""
    body_timeouts: BodyTimeouts = BodyTimeouts()
    url_input: bool = False
    """Whether recordings are fetched from the addresses that callers give."""
    ping_interval: float = 30.0
    websocket_timeout: float = 300.0
    cors_origins: tuple[str, ...] = ()
    rate_limit: int = 0
    """Submissions a minute from one key, or from one address if there are no keys. 0: no limit."""
    priority_max: int | None = None
    """The highest priority of callers whose key names none. None: any without keys, and for admins;
    `USUAL_PRIORITY_MAX` for other keys."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    """Addresses whose forwarded headers are believed."""
    trusted_hosts: tuple[str, ...] = ()
    """Names of this service, beside addresses and names that exist in no public DNS; `*`: any."""
    instance: InstanceLimits | None = None
    """Only reported, by `GET /health`; None where nothing was chosen by it."""
    data: DataState | None = None
    """Likewise; None where several machines share the data."""

    @property
    def rate_limits(self) -> dict[str, int]:
        """Requests a minute of one caller, by what is counted (`Counted`)."""
        return rate_limits(self.rate_limit)


def rate_limits(submissions: int) -> dict[str, int]:
    return {
        Counted.SUBMISSION.value: submissions,
        Counted.WRONG_KEY.value: limits.WRONG_KEYS_PER_MINUTE,
    }
