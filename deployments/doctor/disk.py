"""Checks of the disk: a writable data folder, free space, data that lasts, keys."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from deployments.doctor.finding import Finding, bad, doubtful, good
from deployments.settings import BadSetting, Settings
from deployments.wiring import storage
from deployments.wiring.keys import exposure_warning, keyring
from retender.errors import KeysUnreadable, StorageTrouble
from retender.journal.durability import durability_warning
from retender.storage.shared_folder import check_writable

GIGABYTE: Final = 1_000_000_000
ENOUGH: Final = 2 * GIGABYTE
TOO_LITTLE: Final = 200_000_000
"""Free bytes: below `ENOUGH` a warning, below `TOO_LITTLE` jobs will be refused soon."""


def folder(settings: Settings) -> Finding:
    """The data folder can be written and synced."""
    data = settings.data_dir.absolute()
    own = "Give it to the user that runs the service, or set RETENDER_DATA_DIR to another."
    if data.exists() and not data.is_dir():
        return bad("data folder", f"{data} is a file", "Set RETENDER_DATA_DIR to a folder.")
    there = _nearest(data)
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"to see whether it stays")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return bad("data folder", f"nothing can be written to {there}: {error.strerror}", own)
    if (problem := check_writable(str(there), "this machine")) is not None:
        return bad("data folder", problem.found, problem.advice)
    return good("data folder", str(data) if there == data else f"{data}, made with the first start")


def objects(settings: Settings) -> Finding | None:
    """The object store can be read and written; None if none is set."""
    if not settings.blobs_url:
        return None
    advice = "See that the store is up, and that this machine has its address and credentials."
    try:
        storage.check_store(settings)
    except BadSetting as error:
        return bad("object store", error.found, error.advice)
    except StorageTrouble as error:
        return bad("object store", error.message, advice)
    return good("object store", f"{settings.blobs_url} can be read and written")


def disk_space(settings: Settings) -> Finding:
    there = _nearest(settings.data_dir.absolute())
    free = shutil.disk_usage(there).free
    found = f"{free / GIGABYTE:,.1f} GB are free at {there}"
    advice = "Make room, or set RETENDER_DATA_DIR to a larger disk, or RETENDER_AUDIO_DAYS lower."
    if free < TOO_LITTLE:
        return bad("disk", found, advice)
    if free < ENOUGH:
        return doubtful("disk", found, advice)
    return good("disk", found)


def durable(settings: Settings) -> Finding | None:
    """A warning if the data folder does not survive a restart; else None."""
    warning = durability_warning(str(settings.data_dir.absolute()))
    return None if warning is None else doubtful("disk", warning.found, warning.advice)


def keys(settings: Settings) -> Finding:
    """API keys can be read, and are required where other machines can connect."""
    try:
        ring = keyring(settings)
    except (KeysUnreadable, OSError) as error:
        return bad("keys", str(error), "Put a sound copy back, or remove it and make new ones.")
    if (warning := exposure_warning(settings.host, ring)) is not None:
        return doubtful("keys", warning.found, warning.advice)
    if ring.open:
        return good("keys", "none are asked for, and only this machine is listened to")
    return good("keys", "the service asks for one")


def _nearest(path: Path) -> Path:
    """The path itself, or its nearest folder that exists."""
    return next(each for each in (path, *path.parents) if each.is_dir())
