"""Room on the disk, and the one way of saying that there is none."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from retender.errors import StorageFull

RETRY_AFTER: Final = 30.0
"""Seconds until someone may have made room."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: OSError) -> bool:
    return error.errno in _NO_ROOM


def storage_full(what: str, why: object) -> StorageFull:
    return StorageFull(f"no room on the disk for {what}: {why}", retry_after=RETRY_AFTER)


@contextmanager
def raising_storage_full(what: str) -> Iterator[None]:
    """What fails inside for lack of room fails as `StorageFull`."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise storage_full(what, error.strerror) from error
        raise
