"""How a running service is told to stop."""

from __future__ import annotations

import asyncio
import signal


class Signals:
    """The first SIGTERM or SIGINT is the word to stop; the second says that there is a hurry."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.again = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._hear)

    def _hear(self) -> None:
        (self.again if self.told.is_set() else self.told).set()
