"""Where the service answers: left in its data folder while it runs, for whoever looks for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from deployments.settings import Settings

FILE: Final = "address"

_CHARS: Final = 256
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@contextmanager
def left_in(folder: Path, url: str) -> Iterator[None]:
    """As long as the block lasts. Of a service that was killed it stays: who reads it must see
    whether anyone answers there."""
    place = folder / FILE
    draft = place.with_suffix(".draft")
    draft.write_text(f"{url}\n", "ascii")
    draft.replace(place)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            place.unlink()


def likely(settings: Settings) -> list[str]:
    """Where a service of this machine may be: that of the data folder, or the one that would be
    started with these settings."""
    found = [] if (left := _left(settings.data_dir)) is None else [left]
    if settings.port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        found.append(f"http://{host}:{settings.port}")
    return list(dict.fromkeys(map(reached_at, found)))


def reached_at(url: str) -> str:
    """From this machine, where what listens on every address is meant."""
    parts = urlsplit(url)
    if _everywhere(parts.hostname or ""):
        host = "[::1]" if ":" in (parts.hostname or "") else "127.0.0.1"
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
        parts = parts._replace(netloc=f"{host}:{port}")
    return urlunsplit(parts).rstrip("/")


def near(url: str) -> bool:
    """On this very machine: no proxy leads there."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _left(folder: Path) -> str | None:
    try:
        text = (folder / FILE).read_text("ascii")[:_CHARS].strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if text.startswith("http://") else None


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
