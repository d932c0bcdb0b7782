"""Checks whether Groq accepts our requests, so that problems are known before a job fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from retender.engines.groq.failures import GroqFailed
from retender.errors import EngineUnavailable, Failure

CHECK_SECONDS: Final = 60.0
"""Seconds between two checks while there is a problem."""


class GroqAvailability:
    """`check` makes a free request to Groq, and raises `GroqFailed`."""

    def __init__(self, check: Callable[[], Awaitable[None]]) -> None:
        self.trouble = ""
        """Why no request can be sent at present, as a sentence; empty if there is no problem."""
        self._check = check
        self._doubted = asyncio.Event()
        self._doubted.set()

    async def run(self) -> None:
        """Check at the start, and whenever there is a reason to."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            try:
                await self._check()
            except GroqFailed as failed:
                self.failed(failed.failure)
            else:
                self.trouble = ""
            if self.trouble:
                await asyncio.sleep(CHECK_SECONDS)

    def failed(self, failure: Failure) -> None:
        """Called when a request has failed. An error of that request alone is no problem of
        Groq."""
        if failure.code == EngineUnavailable.code:
            self.trouble = failure.message
            self._doubted.set()

    def succeeded(self) -> None:
        self.trouble = ""
