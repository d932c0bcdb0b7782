"""Whether Groq takes anything from us at all, so that it is known before a job fails of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from retender.engines.groq.failures import GroqFailed
from retender.errors import EngineUnavailable, Failure

CHECK_SECONDS: Final = 60.0
"""Seconds between two looks, for as long as there is trouble."""


class GroqAvailability:
    """`look` asks Groq for something that costs nothing, and raises `Failed`."""

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        self.trouble = ""
        """Why nothing can be sent at present, as a sentence."""
        self._look = look
        self._doubted = asyncio.Event()
        self._doubted.set()

    async def keep(self) -> None:
        """Look at the beginning, and whenever there is reason to."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            try:
                await self._look()
            except GroqFailed as failed:
                self.failed(failed.failure)
            else:
                self.trouble = ""
            if self.trouble:
                await asyncio.sleep(CHECK_SECONDS)

    def failed(self, failure: Failure) -> None:
        """A request came to this. What concerns that request alone is no trouble."""
        if failure.code == EngineUnavailable.code:
            self.trouble = failure.message
            self._doubted.set()

    def succeeded(self) -> None:
        self.trouble = ""
