"""The bounds of storage, and what happens at each bound."""

from __future__ import annotations

from typing import Final

OBJECT_BLOCK_BYTES: Final = 8 << 20
"""Bytes of a file held in memory on the way to or from the object store. A store that accepts
10,000 parts of a file at most accepts 80 GB this way."""

LEND_TRIES: Final = 3
"""How often a file is fetched that another process deletes from the cache, for lack of space,
before it can be used. After that the work fails for lack of disk space."""

CACHE_CLEANUP_SECONDS: Final = 600.0
"""How often a machine deletes its copies of objects that were deleted on another machine."""

UNSHARED_WORK_SECONDS: Final = 3600.0
"""A job's folder with nothing in the object store is kept this long: the work on the job may have
just begun."""

NAMES_PER_QUESTION: Final = 1000
"""Recordings or jobs of which a collection asks at a time whether they are in use; for more there
are more questions."""
