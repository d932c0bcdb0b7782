"""Where recordings lie: in the data folder, or in an object store behind it."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.runtime.api import Recipe
from deployments.settings import BadSetting, Settings
from retender.errors import RetenderError
from retender.storage import shared_folder
from retender.storage.blobs import Blobs, BlobStore

GIGABYTE = 1_000_000_000


def place(settings: Settings) -> dict[str, Any]:
    """The options of whatever works with recordings, as plain values: for recipes."""
    return {
        "root": str(settings.data_dir.absolute()),
        "objects": settings.blobs_url,
        "copies_bytes": int(settings.copies_gb * GIGABYTE),
    }


def moved(options: dict[str, Any], folder: str) -> dict[str, Any]:
    """The same, in this folder alone."""
    return options | {"root": folder, "objects": ""}


def recipe(settings: Settings) -> Recipe:
    return Recipe.of(blobs, **place(settings))


def blobs(root: str, objects: str = "", copies_bytes: int = 0) -> Blobs:
    """`objects` is the store's address; without one all is in the folder."""
    if not objects:
        return BlobStore(root)
    # A store's client is large, and only asked for where there is one.
    from retender.storage.blobs.object_blobs import StoredBlobs  # noqa: PLC0415 - see above
    from retender.storage.blobs.object_store import ObjectStore  # noqa: PLC0415 - see above

    store = ObjectStore(objects, _new_name)
    return StoredBlobs(root, store, most_bytes=copies_bytes, now=time.time)


def try_out(settings: Settings) -> None:
    """Whether this machine can work with the store, where there is one. Raises `BadSetting` for an
    address that nothing here can speak to, else the `StorageTrouble` that there is."""
    if not settings.blobs_url:
        return
    try:
        from retender.storage.blobs.object_store import ObjectStore, missing_driver  # noqa: PLC0415 - as above

        trouble = missing_driver(settings.blobs_url)
    except ImportError:
        trouble = "it needs the package fsspec"
    if trouble is not None:
        raise BadSetting(
            f"RETENDER_BLOBS_URL is {settings.blobs_url}, and that does not work here: {trouble}. "
            "Every machine needs what speaks to the store: pip install 'retender[objects]' s3fs"
        )
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        ObjectStore(settings.blobs_url, _new_name).check_access(Path(scratch) / "trial")


@contextmanager
def announced(settings: Settings) -> Iterator[str]:
    """While the block lasts, other machines can see whether they see this one's data folder: by
    this mark in it."""
    mark = uuid.uuid4().hex
    with shared_folder.announced(str(settings.data_dir.absolute()), mark):
        yield mark


def looked_at_from(settings: Settings, mark: str, machine: str) -> str | None:
    """Carried out on this machine: what keeps it from working with the recordings of the others;
    None: nothing."""
    if not settings.blobs_url:
        return shared_folder.check(str(settings.data_dir.absolute()), mark, machine)
    try:
        try_out(settings)
    except (BadSetting, RetenderError) as error:
        return f"{machine}: {error}"
    return None


def _new_name() -> str:
    """It begins with the time: what is left of a broken upload is collected by it."""
    return f"{round(time.time() * 1000)}-{uuid.uuid4().hex}"
