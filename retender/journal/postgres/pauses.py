"""The pauses of one who waits: each is longer than the last, and only so many seconds are borne."""

from __future__ import annotations

from threading import Event

from retender.journal.limits import DATABASE_PAUSES


class Pauses:
    def __init__(self, patience: float, left: Event) -> None:
        """`left`: when it is set, nobody waits any longer."""
        self._patience = patience
        self._left = left
        self._next = DATABASE_PAUSES[0]
        self._waited = 0.0

    @property
    def begun(self) -> bool:
        return self._waited > 0

    @property
    def over(self) -> bool:
        return self._waited >= self._patience

    def pause(self) -> bool:
        """Whether to go on."""
        left = self._left.wait(self._next)
        self._waited += self._next
        self._next = min(2 * self._next, DATABASE_PAUSES[1])
        return not left
