"""What the encoder made of chunks that were listened to for the language.

The first step of recognising such a chunk is the very same computation. So its result is kept
until the chunk comes, which for the first one of a job is at once. It only saves time: what is
missing is computed again, with the same result.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final, NamedTuple

MOST: Final = 4
"""Windows of some megabytes each: the oldest goes first."""


class WindowPlace(NamedTuple):
    """A chunk: samples of its job's recording."""

    job_id: str
    start: int
    end: int


class EncodedWindows:
    """Lanes may use it at the same time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[WindowPlace, Any] = OrderedDict()
        self._lock = Lock()

    def keep(self, place: WindowPlace, encoded: Any) -> None:
        with self._lock:
            self._kept[place] = encoded
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def take(self, place: WindowPlace) -> Any | None:
        """It is not kept any longer."""
        with self._lock:
            return self._kept.pop(place, None)
