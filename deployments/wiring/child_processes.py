"""How a child process of the service begins, before its actor is made."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from actors.runtime.api import Recipe
from deployments.logs import configuration

NICENESS: Final = 10
"""Recognition takes every core it gets; who asks the service something goes before it."""

_GROUP: Final = Path("/proc/self/autogroup")
_GROUP_TRIES, _GROUP_PAUSE = 20, 0.1


def preparation(level: str, style: str) -> Recipe:
    return Recipe.of(prepare, level=level, style=style)


def prepare(level: str, style: str) -> None:
    """A child begins with nothing of its parent's but its priority."""
    configuration.configure(level, style)
    step_back()


def step_back() -> None:
    """Let others go first. Where Linux shares out its time by sessions, a process' niceness counts
    only within its own, and that of the session has to be said as well."""
    os.nice(NICENESS)
    for _ in range(_GROUP_TRIES):
        try:
            if _GROUP.exists():
                _GROUP.write_text(str(NICENESS))
        except BlockingIOError:
            # Whoever is not the machine's administrator may say it ten times a second, all of
            # them together.
            time.sleep(_GROUP_PAUSE)
        except OSError:
            return
        else:
            return
