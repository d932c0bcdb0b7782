"""How a child process of the service begins, before its actor is made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors.runtime.api import Recipe
from deployments import logs

NICENESS: Final = 10
"""Recognition takes every core it gets; who asks the service something goes before it."""

_GROUP: Final = Path("/proc/self/autogroup")


def preparation(level: str, style: str) -> Recipe:
    return Recipe.of(prepare, level=level, style=style)


def prepare(level: str, style: str) -> None:
    """A child begins with nothing of its parent's but its priority."""
    logs.configure(level, style)
    step_back()


def step_back() -> None:
    """Let others go first. Where Linux shares out its time by sessions, a process' niceness counts
    only within its own, and that of the session has to be said as well."""
    os.nice(NICENESS)
    with suppress(OSError):
        if _GROUP.exists():
            _GROUP.write_text(str(NICENESS))
