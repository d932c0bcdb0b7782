"""A database connection, used on one thread only.

Each use is one function that runs to its end on that thread, so no transaction stays open between
two uses. An object that is dropped without `close`, because its actor crashed, releases connection,
lock and thread by itself: the thread ends with its executor, after a function that still runs.
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
    """How to open, use and close a connection to a database."""

    @property
    def name(self) -> str:
        """Its name in messages for people."""

    def open(self) -> None: ...

    def read(self, work: Callable[[Connection], R]) -> R: ...

    def write(self, work: Callable[[Connection], R]) -> R:
        """Run `work` in a transaction, which is durable on return. The transaction may be rolled
        back and run again; then only the last result counts."""

    def begin(self, work: Callable[[Connection], R]) -> R:
        """`write` for the start of an epoch: if several services have the database open, not all of
        them may start one."""

    def stop_waiting(self) -> None:
        """Ends a wait for a database that cannot be reached. Called from any thread."""

    def close(self) -> None:
        """Idempotent; also before `open`."""


class ConnectionThread:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._closer = weakref.finalize(self, database.close)
        # At exit the kernel closes it; a forked child must not close its parent's connection.
        self._closer.atexit = False
        self._closing = False

    async def open(self) -> None:
        await self.run(lambda database: database.open())

    async def run(self, work: Callable[[Database], R]) -> R:
        self._check_open()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._call, work)
        except asyncio.CancelledError:
            # The actor was killed: its thread must not go on waiting for long.
            self._database.stop_waiting()
            raise

    async def close(self) -> None:
        """Waits for a function that still runs; those that wait for it do not run any more.
        Idempotent."""
        self._closing = True
        if self._closer.alive:
            self._database.stop_waiting()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._closer)
        # The thread has nothing left to do, and ends.
        self._executor.shutdown()

    def _call(self, work: Callable[[Database], R]) -> R:
        self._check_open()
        return work(self._database)

    def _check_open(self) -> None:
        if self._closing or not self._closer.alive:
            raise JournalError(f"{self._database.name} is closed here")


class OpenConnections:
    """The connections that an opener has open in this process: one that writes, one that reads
    beside it. Opening again takes over: those of an actor that died without closing them are closed
    first."""

    def __init__(self) -> None:
        self._writing: ConnectionThread | None = None
        self._reading: ConnectionThread | None = None

    async def replace(
        self, writing: Database, reading: Database
    ) -> tuple[ConnectionThread, ConnectionThread]:
        for each in (self._reading, self._writing):
            if each is not None:
                await each.close()
        self._writing = ConnectionThread(writing)
        await self._writing.open()
        self._reading = ConnectionThread(reading)
        try:
            await self._reading.open()
        except BaseException:
            await self._writing.close()
            raise
        return self._writing, self._reading
