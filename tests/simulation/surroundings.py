"""What surrounds a simulated service: its disk, its recordings and the receivers of webhooks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from random import Random

import httpx

from retender.journal.api import Journal, Write
from retender.storage.blobs.api import InUse
from tests.simulation.faults import Fate, FaultyJournal
from tests.simulation.invariants import (
    Violation,
)
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Script
from tests.support.http.webhook_receivers import Answer, Receivers


class Disk:
    """What survives every crash: the journal's file, and what was committed to it."""

    def __init__(self, fate: Fate, journal: type[FaultyJournal]) -> None:
        self._fate = fate
        self._journal = journal
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.commits: list[Sequence[Write]] = []

    async def __call__(self) -> Journal:
        if self.connection.in_transaction:
            self.connection.rollback()
        journal = await self._journal.over(self.connection)
        journal.fate = self._fate
        journal.committed = self.commits
        return journal


class Blobs(Mapping[str, Script]):
    """The blob store: a recording that was let go of too early is missed here."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[Script, float]] = {}

    def put(self, script: Script) -> None:
        self._kept[script.audio().sha256] = (script, self._clock.now())

    def __getitem__(self, sha256: str) -> Script:
        if sha256 not in self._kept:
            raise Violation(f"the recording {sha256} was let go of while it was needed")
        return self._kept[sha256][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    async def collect(self, in_use: InUse, older_than: float) -> int:
        asked = tuple(sha256 for sha256, (_, at) in self._kept.items() if at < older_than)
        unneeded = set(asked) - set(await in_use(asked))
        stray = [sha256 for sha256 in unneeded if self._kept[sha256][1] < older_than]
        for sha256 in stray:
            del self._kept[sha256]
        return len(stray)

    async def collect_job_folders(self, in_use: InUse, older_than: float) -> int:
        return 0


class RoughReceivers(Receivers):
    """They fail, hang and answer late for as long as faults last."""

    def __init__(self, clock: VirtualClock, fate: Fate, random: Random) -> None:
        super().__init__(clock)
        self._fate = fate
        self._random = random

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = Answer(takes=0.1)
        if self._fate.on and self._random.random() < 0.4:
            answer = Answer(500, takes=self._random.choice((0.0, 1.0, 100.0)))
        self.answer(request.url.host, answer)
        return await super().handle_async_request(request)
