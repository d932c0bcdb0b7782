"""One database, used on one thread and nowhere else.

Every use is one function run whole, so no transaction is ever open between two of them. Whatever
is dropped without `close` (its actor crashed) lets go of connection, lock and thread by itself:
the thread ends with its executor, and what is under way there keeps the rest alive until it is
through.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from retender.errors import JournalError
from retender.journal.statements import Connection

R = TypeVar("R")


class Database(Protocol):
    """Where a connection comes from, how it is used, and how it is let go of."""

    @property
    def name(self) -> str:
        """As it is called in what people read."""

    def open(self) -> None: ...

    def read(self, work: Callable[[Connection], R]) -> R: ...

    def write(self, work: Callable[[Connection], R]) -> R:
        """In a transaction of its own, which is there for good on return. What the work does may
        be undone and done again; what it gives then counts."""

    def begin(self, work: Callable[[Connection], R]) -> R:
        """`write` for an epoch's beginning: where many may have it open, not all may begin one."""

    def stop_waiting(self) -> None:
        """From any thread: what waits for a database that is away waits no longer."""

    def close(self) -> None:
        """Idempotent; also before `open`."""


class ConnectionThread:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._let_go = weakref.finalize(self, database.close)
        # At exit the kernel does it; a forked child must not do it to its parent's connection.
        self._let_go.atexit = False

    async def open(self) -> None:
        await self.run(lambda database: database.open())

    async def run(self, work: Callable[[Database], R]) -> R:
        self._check_open()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._call, work)
        except asyncio.CancelledError:
            # Its actor was killed: the thread must not outlive it by a long wait.
            self._database.stop_waiting()
            raise

    async def close(self) -> None:
        """Waits for what is under way. Idempotent."""
        if self._let_go.alive:
            self._database.stop_waiting()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._let_go)
        # The thread has nothing left to do but to end.
        self._executor.shutdown()

    def _call(self, work: Callable[[Database], R]) -> R:
        self._check_open()
        return work(self._database)

    def _check_open(self) -> None:
        if not self._let_go.alive:
            raise JournalError(f"{self._database.name} is closed here")


class ThreadSlot:
    """What an opener has open in this process: opening again takes over from a journal whose
    actor died without closing it, once what is under way there is through."""

    def __init__(self) -> None:
        self._taken: ConnectionThread | None = None

    async def take(self, database: Database) -> ConnectionThread:
        if self._taken is not None:
            await self._taken.close()
        self._taken = ConnectionThread(database)
        await self._taken.open()
        return self._taken
