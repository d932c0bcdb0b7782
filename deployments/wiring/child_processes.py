"""What a child process does before its actor is made: logging, memory and priority."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Final

from actors.runtime.api import Recipe
from deployments.logs import configuration

NICENESS: Final = 10
"""Recognition uses all cores; requests to the service must come before it."""

_M_ARENA_MAX, _ARENAS = -8, 2
_ARENAS_SET: Final = "MALLOC_ARENA_MAX"

_GROUP: Final = Path("/proc/self/autogroup")
_GROUP_TRIES, _GROUP_PAUSE = 20, 0.1


def preparation(level: str, style: str) -> Recipe:
    return Recipe.of(prepare, level=level, style=style)


def prepare(level: str, style: str) -> None:
    """Configure the log and lower the priority: a child inherits neither."""
    configuration.configure(level, style)
    share_memory_among_threads()
    lower_priority()


def share_memory_among_threads() -> None:
    """glibc keeps what was freed in up to eight arenas for each core, and each thread takes what it
    needs from its own. With two, a worker that reads ten hours grows by half as much. Other C
    libraries have no such number; where the owner has set it, that holds."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and _ARENAS_SET not in os.environ:
        mallopt(_M_ARENA_MAX, _ARENAS)


def lower_priority() -> None:
    """Lower this process' priority. Where Linux schedules by session (autogroup), niceness counts
    only within the session, so the session's own is lowered too."""
    os.nice(NICENESS)
    for _ in range(_GROUP_TRIES):
        try:
            if _GROUP.exists():
                _GROUP.write_text(str(NICENESS))
        except BlockingIOError:
            # Linux allows users other than root ten such writes a second, all together.
            time.sleep(_GROUP_PAUSE)
        except OSError:
            return
        else:
            return
