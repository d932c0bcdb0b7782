"""How a running service is told to stop."""

from __future__ import annotations

import asyncio
import signal


class Signals:
    """The first SIGTERM or SIGINT asks for an orderly stop, the second for a fast one."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        (self.hurry if self.stop.is_set() else self.stop).set()
