"""Indexes long texts for the search, beside the manager's other work.

The commit that stores a long text only marks its job. The text is read here, page by page over the
journal's connection for reading, and each index is written by a commit of its own, that changes
nothing else. So heartbeats do not wait for it at all, and other commits for one index at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from loguru import logger

from actors.limits import INDEX_BATCH, INDEX_PAUSE, INDEX_RETRY
from actors.manager.store import BooksDisagree, JobStore
from actors.runtime.api import Context
from retender.errors import RetenderError
from retender.journal.api import Index, Unindexed
from retender.journal.limits import INDEXED_CHARS


class Indexing:
    def __init__(
        self,
        store: JobStore,
        ctx: Context,
        ended: Callable[[Any, bool], Awaitable[None]],
        failed: Callable[[Any, RetenderError], Awaitable[None]],
    ) -> None:
        """`ended` and `failed`: messages to the actor, which calls the methods of these names."""
        store.on_text = self.soon
        self._store = store
        self._ctx = ctx
        self._then = (ended, failed)
        self._under_way = False
        self._wanted = False
        self._closed = False

    def close(self) -> None:
        """The journal is about to be closed. What is left is indexed after the next start."""
        self._closed = True

    def soon(self) -> None:
        """A text may wait to be indexed."""
        self._wanted = True
        if not self._under_way:
            self._under_way = True
            self._begin(INDEX_PAUSE)

    def ended(self, *, more: bool) -> None:
        """`more`: more jobs may wait."""
        self._under_way = more or self._wanted
        if self._under_way:
            self._begin(INDEX_PAUSE)

    def failed(self, error: RetenderError) -> None:
        logger.warning("texts wait to be indexed for the search: {}", error.message)
        self._begin(INDEX_RETRY)

    def _begin(self, pause: float) -> None:
        self._ctx.pipe(self._index_after(pause), *self._then)

    async def _index_after(self, pause: float) -> bool:
        await asyncio.sleep(pause)
        self._wanted = False
        try:
            return await self._index_some()
        except BooksDisagree:
            if self._closed:
                return False
            raise

    async def _index_some(self) -> bool:
        writes: list[Index] = []
        size = 0
        found: Unindexed | None = None
        while len(writes) < INDEX_BATCH and size < INDEXED_CHARS:
            found = await self._store.journal.beside.unindexed(found)
            if found is None:
                break
            if found.following is None:
                writes.append(Index(found))
                size += len(found.words)
        if writes:
            await self._store.write(writes)
        return bool(writes)
