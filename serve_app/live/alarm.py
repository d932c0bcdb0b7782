"""A timer that rings once, and that may be set by whoever is not sure whether it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    __slots__ = ("_handle", "_ring")

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Left as it is where it is set already: it may ring too early, never too late."""
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._handle = loop.call_later(max(0.0, seconds), self._over)

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _over(self) -> None:
        self._handle = None
        self._ring()
