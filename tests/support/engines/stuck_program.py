"""A program that never comes to an end, and tells when it is there and when it is gone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

DEADLINE = 60.0


class Stuck:
    """A script that starts a child of its own and then waits for ever, as that child does.

    Both hold a pipe open: it comes to its end when both are dead.
    """

    def __init__(self, folder: Path) -> None:
        self.pipe = folder / "pipe"
        os.mkfifo(self.pipe)
        self.script = folder / "stuck"
        self.script.write_text(
            "#!/bin/sh\necho half a file\n"
            f"exec 3>{self.pipe}\nsleep 1000 &\necho here >&3\nsleep 1000\n"
        )
        self.script.chmod(0o700)
        self._descriptor = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self._descriptor, True)

    async def born(self) -> None:
        # An end for writing is held until then: without one the pipe would be at its end already.
        writing = os.open(self.pipe, os.O_WRONLY)
        assert await self._read(5) == b"here\n"
        os.close(writing)

    async def dead(self) -> None:
        assert await self._read(1) == b""

    async def _read(self, size: int) -> bytes:
        async with asyncio.timeout(DEADLINE):
            return await asyncio.get_running_loop().run_in_executor(
                None, os.read, self._descriptor, size
            )

    def close(self) -> None:
        os.close(self._descriptor)
