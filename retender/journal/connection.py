"""One connection, used on one thread and nowhere else.

Every use is one function run whole, so no transaction is ever open between two of them. Whatever
is dropped without `close` (its actor crashed) lets go of connection, lock and thread by itself:
the thread ends with its executor, and what is under way there keeps the rest alive until it is
through.
"""

from __future__ import annotations

import asyncio
import sqlite3
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from retender.errors import JournalError
from retender.journal import faults
from retender.journal.database import Database

R = TypeVar("R")


class ConnectionThread:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._let_go = weakref.finalize(self, database.close)
        # At exit the kernel does it; a forked child must not do it to its parent's connection.
        self._let_go.atexit = False

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._connection = await loop.run_in_executor(self._executor, self._open)

    async def run(self, work: Callable[[sqlite3.Connection], R]) -> R:
        self._check_open()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._call, work)

    async def close(self) -> None:
        """Waits for what is under way. Idempotent."""
        if self._let_go.alive:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._let_go)
        # The thread has nothing left to do but to end.
        self._executor.shutdown()

    def _open(self) -> sqlite3.Connection:
        self._check_open()
        return self._database.open()

    def _call(self, work: Callable[[sqlite3.Connection], R]) -> R:
        self._check_open()
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            raise faults.of_sqlite(error, self._database.path) from error

    def _check_open(self) -> None:
        if not self._let_go.alive:
            raise JournalError(f"{self._database.path} is closed here")
