"""Seeing a process end that is no child of the test's own."""

from __future__ import annotations

import asyncio
import os
import select

DEADLINE = 60.0
"""Far longer than anything takes; a test that gets here has failed."""


async def is_gone(pid: int) -> None:
    """Returns once the process has ended; says so where it does not."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        readable, _, _ = await asyncio.to_thread(select.select, [watched], [], [], DEADLINE)
    finally:
        os.close(watched)
    assert readable, f"process {pid} lives on"
