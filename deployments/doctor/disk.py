"""What the service needs of its disk: a folder that is its own, room, and that it lasts."""

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
MUCH: Final = 2 * GIGABYTE
LITTLE: Final = 200_000_000
"""Bytes. Recordings, decoded audio and models want more; with less, jobs are refused soon."""


def folder(settings: Settings) -> Finding:
    """That something can be written and made to last there."""
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
    if (trouble := check_writable(str(there), "this machine")) is not None:
        found, _, advice = trouble.partition(". ")
        return bad("data folder", found, advice)
    return good("data folder", str(data) if there == data else f"{data}, made with the first start")


def objects(settings: Settings) -> Finding | None:
    """Only where recordings are to lie in a store."""
    if not settings.blobs_url:
        return None
    advice = "See that the store is up, and that this machine has its address and credentials."
    try:
        storage.try_out(settings)
    except BadSetting as error:
        found, _, advice = str(error).partition(". ")
        return bad("object store", found, advice)
    except StorageTrouble as error:
        return bad("object store", error.message, advice)
    return good("object store", f"{settings.blobs_url} can be read and written")


def room(settings: Settings) -> Finding:
    there = _nearest(settings.data_dir.absolute())
    free = shutil.disk_usage(there).free
    found = f"{free / GIGABYTE:,.1f} GB are free at {there}"
    advice = "Make room, or set RETENDER_DATA_DIR to a larger disk, or RETENDER_AUDIO_DAYS lower."
    if free < LITTLE:
        return bad("disk", found, advice)
    if free < MUCH:
        return doubtful("disk", found, advice)
    return good("disk", found)


def durable(settings: Settings) -> Finding | None:
    """Only where it is in doubt."""
    sentence = durability_warning(str(settings.data_dir.absolute()))
    if sentence is None:
        return None
    found, _, advice = sentence.rpartition("; ")
    return doubtful("disk", found, f"{advice[:1].upper()}{advice[1:]}.")


def keys(settings: Settings) -> Finding:
    """Who is let in."""
    try:
        ring = keyring(settings)
    except (KeysUnreadable, OSError) as error:
        return bad("keys", str(error), "Put a sound copy back, or remove it and make new ones.")
    if (sentence := exposure_warning(settings.host, ring)) is not None:
        found, _, advice = sentence.partition(": ")
        _, _, advice = advice.partition(". ")
        return doubtful("keys", found, advice)
    if ring.open:
        return good("keys", "none are asked for, and only this machine is listened to")
    return good("keys", "the service asks for one")


def _nearest(path: Path) -> Path:
    """The folder itself, or what it would be made in."""
    return next(each for each in (path, *path.parents) if each.is_dir())
