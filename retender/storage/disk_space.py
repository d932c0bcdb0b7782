"""Errors for lack of disk space, raised in one way everywhere."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from retender.errors import StorageFull

RETRY_AFTER: Final = 30.0
"""Seconds after which a client may try again: someone may have freed disk space by then."""

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: OSError) -> bool:
    return error.errno in _DISK_FULL


def storage_full(what: str, why: object) -> StorageFull:
    """The error that says that `what` does not fit on the disk."""
    return StorageFull(f"no room on the disk for {what}: {why}", retry_after=RETRY_AFTER)


@contextmanager
def raising_storage_full(what: str) -> Iterator[None]:
    """An error inside the block for lack of disk space becomes `StorageFull`."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise storage_full(what, error.strerror) from error
        raise
