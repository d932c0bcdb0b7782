"""Makes the storage of recordings from plain values, in the process that uses it.

The settings, and pydantic with them, are not imported: each worker would take half a second and
15 MB for them.
"""

from __future__ import annotations

import time
import uuid

from retender.storage.blobs import Blobs, BlobStore


def blobs(root: str, objects: str = "", copies_bytes: int = 0) -> Blobs:
    """`objects`: the address of the object store; empty if everything is in the folder."""
    if not objects:
        return BlobStore(root)
    # The client of an object store is large: imported only where one is set.
    from retender.storage.blobs.object_blobs import object_store_blobs  # noqa: PLC0415 - see above
    from retender.storage.blobs.object_store import ObjectStore  # noqa: PLC0415 - see above

    store = ObjectStore(objects, new_name)
    return object_store_blobs(root, store, most_bytes=copies_bytes, now=time.time)


def new_name() -> str:
    """A unique name that begins with the time: leftovers of broken uploads are collected by age."""
    return f"{round(time.time() * 1000)}-{uuid.uuid4().hex}"
