"""The proxy for outgoing requests."""

from __future__ import annotations

import urllib.parse
import urllib.request

from deployments.settings import Settings


def proxy_for(url: str, settings: Settings) -> str | None:
    """The proxy for this URL, if any. HTTPS_PROXY is for `https` only; NO_PROXY has exceptions."""
    address = urllib.parse.urlsplit(url)
    if address.scheme != "https" or urllib.request.proxy_bypass(address.hostname or ""):
        return None
    return settings.proxy or None
