"""What can be set about the way the service is asked for. Values only: read in `deployments/`."""

from __future__ import annotations

import msgspec

from retender.jobs.retention import DAY
from serve_app.limits import BODY_IDLE_SECONDS, BODY_LEAST_RATE, BODY_WINDOW_SECONDS


class BodyTimeouts(msgspec.Struct, frozen=True, kw_only=True):
    """With those who send a body."""

    idle: float = BODY_IDLE_SECONDS
    least_rate: int = BODY_LEAST_RATE
    window: float = BODY_WINDOW_SECONDS


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    profile: str = "local"
    language: str = "es"
    """Of messages for people, where the request does not ask for another."""
    most_bytes: int = 25 * 1024 * 1024
    """A larger upload is refused, before its body is read where its length is declared."""
    max_concurrent_jobs: int = 1
    """Told to who asks how busy the service is."""
    upload_seconds: float = DAY
    """A resumable upload may take so long."""
    body_timeouts: BodyTimeouts = BodyTimeouts()
    url_input: bool = False
    """Whether recordings are fetched from where a caller says they are."""
    ping_interval: float = 30.0
    websocket_timeout: float = 300.0
    cors_origins: tuple[str, ...] = ()
    rate_limit: int = 0
    """Submissions a minute from one key, or from one address where there are no keys; 0: any
    number."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    """Whose forwarded headers are believed."""
