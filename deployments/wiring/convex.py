"""Builds the settings of the sync to a Convex database."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from actors.delivery.convex_client import ConvexSettings
from deployments.settings import BadSetting, Settings
from deployments.wiring.proxies import proxy_for

_CLIENT_DOMAIN: Final = ".convex.cloud"
_ACTIONS_DOMAIN: Final = ".convex.site"


def convex(settings: Settings) -> ConvexSettings | None:
    """None where no database is set up. Raises `BadSetting` if it is set up by half, or at the
    address where Convex has no HTTP actions."""
    url, key = settings.convex_url.rstrip("/"), settings.convex_api_key.get_secret_value()
    if not url and not key:
        return None
    if not url or not key:
        missing, there = ("CONVEX_URL", "CONVEX_API_KEY")[:: 1 if not url else -1]
        raise BadSetting(f"{there} is set and {missing} is not. Jobs are synced where both are.")
    host = urlsplit(url).hostname or ""
    if host.endswith(_CLIENT_DOMAIN):
        right = url.replace(_CLIENT_DOMAIN, _ACTIONS_DOMAIN)
        raise BadSetting(
            f"CONVEX_URL is {url}, where Convex answers its own clients only. HTTP actions are at "
            f"{right}."
        )
    return ConvexSettings(
        url=url, key=key, language=settings.language, proxy=proxy_for(url, settings)
    )
