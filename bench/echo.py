"""An actor that does next to nothing, and is importable by name, as another process needs it."""

from __future__ import annotations

import os


class Echo:
    async def echo(self, text: str) -> str:
        return text

    async def hear(self, text: str) -> None:
        """And that is all."""

    async def pid(self) -> int:
        return os.getpid()
