"""Processes that are forked from one that has imported what they need, and has done nothing else:
starting Python for each would take longer than most of what is tested."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

_CONTEXT = multiprocessing.get_context("forkserver")
_imported: list[str] = []


def forked_with(module: str) -> ForkServerContext:
    """To be asked for when the module is imported: one process is forked from for all, and what it
    is to import must be known before its first child."""
    _imported.append(module)
    _CONTEXT.set_forkserver_preload(_imported)
    return _CONTEXT
