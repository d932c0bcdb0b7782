"""Whether something out there is reached through a proxy: the same for all that goes out."""

from __future__ import annotations

import urllib.parse
import urllib.request

from deployments.settings import Settings


def proxy_for(url: str, settings: Settings) -> str | None:
    """HTTPS_PROXY is for `https` alone, and NO_PROXY names what it is not for."""
    address = urllib.parse.urlsplit(url)
    if address.scheme != "https" or urllib.request.proxy_bypass(address.hostname or ""):
        return None
    return settings.proxy or None
