"""API keys: their file, and how keys are created and revoked."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Iterable
from typing import Final

from deployments.settings import Settings
from retender.errors import InvalidOption
from retender.problem import Problem
from serve_app.access.api_keys import USUAL, Key, Scope, make
from serve_app.access.key_file import KeyFile, Keyring
from serve_app.limits import TEXT_OPTION_CHARS

FILE: Final = "keys.json"


def key_file(settings: Settings) -> KeyFile:
    return KeyFile(settings.data_dir.absolute() / FILE)


def keyring(settings: Settings, *, closed: bool = False) -> Keyring:
    """`closed`: a key is required even if no key is found here. Raises `KeysUnreadable`."""
    return Keyring(settings.api_keys, key_file(settings), closed=closed)


def create(
    settings: Settings,
    *,
    name: str = "",
    scopes: Iterable[Scope] = USUAL,
    owner: str = "",
    hotwords: str = "",
    priority_max: int | None = None,
) -> tuple[str, Key]:
    """Create a key. Its text cannot be shown again. A running service takes it within a second.
    Raises `InvalidOption` if the hot words are too long."""
    if len(hotwords) > TEXT_OPTION_CHARS:
        raise InvalidOption(
            f"hot words are text of at most {TEXT_OPTION_CHARS} characters", field="hotwords"
        )
    text, key = make(
        secrets.token_hex,
        at=time.time(),
        name=name,
        scopes=scopes,
        owner=owner,
        hotwords=hotwords,
        priority_max=priority_max,
    )
    key_file(settings).add(key)
    return text, key


def revoke(settings: Settings, key_id: str) -> Key:
    """Raises `BadRequest` where there is no such key."""
    return key_file(settings).revoke(key_id, time.time())


def exposure_warning(host: str, keys: Keyring) -> Problem | None:
    """A warning if the service can be reached from other machines and requires no key."""
    if not keys.open or _loopback(host):
        return None
    return Problem(
        f"ANYONE who can reach {host} may use this service and read every job in it: no key is set",
        "Make one with `retender keys create`, or set RETENDER_API_KEYS, or listen on 127.0.0.1.",
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
