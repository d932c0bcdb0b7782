"""How a command ends: its exit status, and one sentence on standard error if it failed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec

from deployments.client.cause import cause
from deployments.client.client import NoService

FAILED: Final = 1
BY_SIGNAL: Final = 128
"""And the signal's number: 130 after Ctrl-C."""

SHOW_CURSOR: Final = "\x1b[?25h"

P = ParamSpec("P")


def complain(error: Exception, about: str = "") -> None:
    sentence = cause(error)
    if isinstance(error, NoService):
        sentence += "; start one with `retender serve`, or say where it is with --server"
    sys.stderr.write(f"{about}: {sentence}\n" if about else f"{sentence}\n")


def command(work: Callable[P, Coroutine[Any, Any, int | None]]) -> Callable[P, None]:
    """A command that ends with the exit status that `work` returns; None is 0."""

    @wraps(work)
    def run_and_exit(*args: P.args, **kwargs: P.kwargs) -> None:
        raise SystemExit(run(work(*args, **kwargs)))

    return run_and_exit


def run(work: Coroutine[Any, Any, int | None]) -> int:
    """Run `work` and return its exit status. The first Ctrl-C cancels it in order; the second exits
    at once."""

    async def guarded() -> int:
        told: list[int] = []
        task = asyncio.current_task()
        assert task is not None

        def hear(number: int) -> None:
            if told:
                _leave(number)
            told.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, hear, number)
        try:
            return await work or 0
        except asyncio.CancelledError:
            if not told:
                raise
            return BY_SIGNAL + told[0]

    return asyncio.run(guarded())


def _leave(number: int) -> None:
    """Exit at once; only the cursor is restored."""
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(BY_SIGNAL + number)
