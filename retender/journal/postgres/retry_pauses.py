"""The pauses between attempts: each longer than the previous one, up to a total."""

from __future__ import annotations

from threading import Event

from retender.journal.limits import DATABASE_PAUSES


class RetryPauses:
    def __init__(self, wait_seconds: float, stopped: Event) -> None:
        """`wait_seconds`: the longest total. `stopped` ends a pause early."""
        self._wait_seconds = wait_seconds
        self._stopped = stopped
        self._next = DATABASE_PAUSES[0]
        self._waited = 0.0

    @property
    def begun(self) -> bool:
        return self._waited > 0

    @property
    def over(self) -> bool:
        return self._waited >= self._wait_seconds

    def pause(self) -> bool:
        """Pause. False if it was stopped."""
        stopped = self._stopped.wait(self._next)
        self._waited += self._next
        self._next = min(2 * self._next, DATABASE_PAUSES[1])
        return not stopped
