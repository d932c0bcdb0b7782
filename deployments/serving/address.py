"""The address of the running service, kept in a file of its data folder for its own commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from deployments.settings import Settings
from serve_app.access.networks import address_in

FILE: Final = "address"

_CHARS: Final = 256
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@contextmanager
def published(folder: Path, url: str) -> Iterator[None]:
    """Write the address for as long as the block lasts. A killed service leaves the file behind, so
    a reader must check that something answers there."""
    place = folder / FILE
    draft = place.with_suffix(".draft")
    draft.write_text(f"{url}\n", "ascii")
    draft.replace(place)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            place.unlink()


def candidates(settings: Settings) -> list[str]:
    """Addresses at which a service of this machine may answer: the one written in the data folder,
    then the one that these settings would give it."""
    found = [] if (left := _published_in(settings.data_dir)) is None else [left]
    if settings.port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        found.append(f"http://{host}:{settings.port}")
    return list(dict.fromkeys(map(reachable, found)))


def reachable(url: str) -> str:
    """The same address as this machine reaches it: 0.0.0.0 and [::] become loopback addresses."""
    parts = urlsplit(url)
    found = address_in(parts.hostname or "")
    if found is not None and found.is_unspecified:
        host = "[::1]" if ":" in (parts.hostname or "") else "127.0.0.1"
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
        parts = parts._replace(netloc=f"{host}:{port}")
    return urlunsplit(parts).rstrip("/")


def is_local(url: str) -> bool:
    """True for a loopback address: it is never reached through a proxy."""
    host = urlsplit(url).hostname or ""
    found = address_in(host)
    return host == "localhost" or (found is not None and found.is_loopback)


def _published_in(folder: Path) -> str | None:
    try:
        text = (folder / FILE).read_text("ascii")[:_CHARS].strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if text.startswith("http://") else None
