"""What bounds storage, and what happens at each bound."""

from __future__ import annotations

from typing import Final

OBJECT_BLOCK_BYTES: Final = 8 << 20
"""What is held in memory of a file on its way to the store or from it. A store that takes a file in
at most 10,000 parts takes 80 GB so."""

LEND_TRIES: Final = 3
"""How often a file is fetched that is let go of, for want of room, before it can be worked with;
then the work is told that there is none."""

CACHE_CLEANUP_SECONDS: Final = 600.0
"""How often a machine lets go of its copies of what was collected elsewhere."""

UNSHARED_WORK_SECONDS: Final = 3600.0
"""The folder of a job of which nothing is in the store may be one whose work has just begun, for so
long."""
