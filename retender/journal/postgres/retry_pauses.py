"""The pauses of one who waits: each is longer than the last, and only so many seconds are borne."""

from __future__ import annotations

from threading import Event

from retender.journal.limits import DATABASE_PAUSES


class RetryPauses:
    def __init__(self, wait_seconds: float, left: Event) -> None:
        """`left`: when it is set, nobody waits any longer."""
        self._wait_seconds = wait_seconds
        self._stopped = left
        self._next = DATABASE_PAUSES[0]
        self._waited = 0.0

    @property
    def begun(self) -> bool:
        return self._waited > 0

    @property
    def over(self) -> bool:
        return self._waited >= self._wait_seconds

    def pause(self) -> bool:
        """Whether to go on."""
        left = self._stopped.wait(self._next)
        self._waited += self._next
        self._next = min(2 * self._next, DATABASE_PAUSES[1])
        return not left
