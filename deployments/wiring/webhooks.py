"""Settings of webhooks, and the secret that signs them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from actors.delivery.webhooks import WebhookSettings
from actors.runtime.api import Recipe
from deployments.settings import BadSetting, Settings
from retender.outbound.connections import CheckedTransport
from retender.outbound.webhook_messages import BadSecret, decode_secret, encode_secret, rules
from retender.storage import durable_files

FILE: Final = "webhook.secret"

_KEY_BYTES: Final = 32


def webhooks(settings: Settings) -> WebhookSettings:
    return WebhookSettings(
        secrets=webhook_secrets(settings),
        language=settings.language,
        public_url=settings.public_url,
        transport=Recipe.of(CheckedTransport, rules=rules(private=settings.callback_private)),
    )


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets of the settings, or else the one in the data folder, created if missing."""
    if settings.webhook_secrets:
        return settings.webhook_secrets
    path = settings.data_dir.absolute() / FILE
    try:
        found = _read(path) or _make(path)
        decode_secret(found)
    except OSError as error:
        raise BadSetting(f"{path} cannot be read or made: {error.strerror}.") from error
    except (BadSecret, UnicodeDecodeError) as error:
        raise BadSetting(
            f"{path} holds no secret for webhooks. Put the right one back, or remove the file: "
            "another is made then, which receivers must be told."
        ) from error
    return (found,)


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        return None


def _make(path: Path) -> str:
    """Create the file atomically, readable by its owner only."""
    durable_files.make_folder(path.parent)
    made = encode_secret(secrets.token_bytes(_KEY_BYTES))
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{made}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    durable_files.sync_folder(path.parent)
    return made
