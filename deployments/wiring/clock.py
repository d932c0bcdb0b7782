"""The clock of this machine.

Each process of an actor makes one, so this file imports nothing else.
"""

from __future__ import annotations

import time


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()
