"""Where recordings are stored: in the data folder, or in an object store with local copies."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.runtime.api import Recipe
from deployments.settings import BadSetting, Settings
from deployments.wiring.blobs import blobs, new_name
from retender.errors import RetenderError
from retender.storage import shared_folder

GIGABYTE = 1_000_000_000


def place(settings: Settings) -> dict[str, Any]:
    """The arguments of `blobs` as plain values, for recipes."""
    return {
        "root": str(settings.data_dir.absolute()),
        "objects": settings.blobs_url,
        "copies_bytes": int(settings.copies_gb * GIGABYTE),
    }


def in_folder(options: dict[str, Any], folder: str) -> dict[str, Any]:
    """The same arguments for a folder without an object store."""
    return options | {"root": folder, "objects": ""}


def recipe(settings: Settings) -> Recipe:
    return Recipe.of(blobs, **place(settings))


def check_store(settings: Settings) -> None:
    """Check that this machine can use the object store, if one is set. Raises `BadSetting` if no
    installed package handles the address, `StorageTrouble` if the store fails."""
    if not settings.blobs_url:
        return
    try:
        from retender.storage.blobs.object_store import ObjectStore, missing_driver  # noqa: PLC0415 - as in blobs.py

        trouble = missing_driver(settings.blobs_url)
    except ImportError:
        trouble = "it needs the package fsspec"
    if trouble is not None:
        raise BadSetting(
            f"RETENDER_BLOBS_URL is {settings.blobs_url}, and that does not work here: {trouble}",
            "Every machine needs what speaks to the store: pip install 'retender[objects]' s3fs",
        )
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        ObjectStore(settings.blobs_url, new_name).check_access(Path(scratch) / "trial")


@contextmanager
def announced(settings: Settings) -> Iterator[str]:
    """Write a mark into the data folder while the block lasts: a machine that sees the mark shares
    the folder."""
    mark = uuid.uuid4().hex
    with shared_folder.announced(str(settings.data_dir.absolute()), mark):
        yield mark


def problem_on_machine(settings: Settings, mark: str, machine: str) -> str | None:
    """Runs on another machine: why it cannot use the shared recordings; None if it can."""
    if not settings.blobs_url:
        return shared_folder.check(str(settings.data_dir.absolute()), mark, machine)
    try:
        check_store(settings)
    except (BadSetting, RetenderError) as error:
        return f"{machine}: {error}"
    return None
