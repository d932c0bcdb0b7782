"""What can be set about the way the service is asked for. Values only: read in `deployments/`."""

from __future__ import annotations

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    profile: str = "local"
    language: str = "es"
    """Of messages for people, where the request does not ask for another."""
    most_bytes: int = 25 * 1024 * 1024
    """A larger upload is refused, before its body is read where its length is declared."""
    max_concurrent_jobs: int = 1
    """Told to who asks how busy the service is."""
    url_input: bool = False
    ping_interval: float = 30.0
    websocket_timeout: float = 300.0
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    """Whose forwarded headers are believed."""
