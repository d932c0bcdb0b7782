"""Whether this process has been told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Closing:
    """Once it has begun, no submission is accepted and followers are sent away."""

    def __init__(self) -> None:
        self.begun = False
        self._callbacks: dict[object, Callable[[], None]] = {}

    def begin(self) -> None:
        self.begun = True
        for callback in tuple(self._callbacks.values()):
            callback()

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call this when the stop begins, if it begins while the block runs."""
        key = object()
        self._callbacks[key] = callback
        try:
            yield
        finally:
            del self._callbacks[key]
