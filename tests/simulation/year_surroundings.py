"""What surrounds a service that is simulated for a long time: its disk, its process, receivers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from actors.runtime.api import Child, Spawn
from actors.runtime.local import LocalRuntime
from retender.journal.api import Journal
from retender.journal.connection import OpenConnections
from retender.journal.database import DatabaseFile, ReadOnlyFile
from tests.support.actors.manager_service import FullDisk
from tests.support.actors.virtual_time import VirtualClock


class Disk:
    """Opens the journal as `SqliteOpener` does, without waiting for the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open = OpenConnections()

    async def __call__(self) -> Journal:
        file = DatabaseFile(str(self.path), "off")
        return FullDisk(*await self._open.replace(file, ReadOnlyFile(str(self.path))))

    def fill(self, *, full: bool) -> None:
        FullDisk.full = full

    @property
    def jobs(self) -> int:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            found: int = connection.execute("SELECT count(*) FROM jobs").fetchone()[0]
            return found

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.path.parent.glob(f"{self.path.name}*"))


class MortalRuntime(LocalRuntime):
    def __init__(self, clock: VirtualClock, seed: int) -> None:
        super().__init__(clock, seed=seed)
        self._children: dict[str, Child] = {}

    async def spawn(self, spec: Spawn) -> Child:
        child = self._children[spec.name] = await super().spawn(spec)
        return child

    async def kill(self, name: str) -> None:
        await self._children[name].kill()


class Accepting(httpx.AsyncBaseTransport):
    """Every receiver of webhooks; one attempt in ten fails."""

    def __init__(self) -> None:
        self.told = 0
        self._asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._asked += 1
        if self._asked % 10 == 0:
            return httpx.Response(500)
        self.told += 1
        return httpx.Response(200)
