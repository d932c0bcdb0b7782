"""What goes wrong in a simulated world, and when: all of it from one seed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from actors.runtime.api import Child, Spawn
from actors.runtime.local import LocalRuntime
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall
from retender.errors import StorageFull
from retender.journal.api import Write
from retender.journal.connection import Database
from retender.journal.sqlite import SqliteJournal
from tests.support.actors.virtual_time import VirtualClock


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each fault is at each occasion, while faults last."""

    lost: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    delay: float = 2.0
    crash_before: float = 0.0
    crash_after: float = 0.0
    commit_crash_before: float = 0.0
    commit_crash_after: float = 0.0
    disk_full: float = 0.0
    commit_error: float = 0.0

    @classmethod
    def drawn(cls, random: Random) -> Chances:
        """Each world is rough in its own way: many faults are off, some are frequent."""

        def chance(most: float) -> float:
            return random.random() * most if random.random() < 0.5 else 0.0

        return cls(
            lost=chance(0.1),
            doubled=chance(0.1),
            delayed=chance(0.2),
            delay=random.choice((0.1, 2.0, 20.0)),
            crash_before=chance(0.01),
            crash_after=chance(0.01),
            commit_crash_before=chance(0.03),
            commit_crash_after=chance(0.03),
            disk_full=chance(0.1),
            commit_error=chance(0.02),
        )


class Fate:
    """Decides, while it is on."""

    def __init__(self, random: Random, chances: Chances) -> None:
        self.random = random
        self.chances = chances
        self.on = True
        self.dealt: Counter[str] = Counter()

    def strikes(self, fault: str) -> bool:
        chance: float = getattr(self.chances, fault)
        if not self.on or chance == 0.0 or self.random.random() >= chance:
            return False
        self.dealt[fault] += 1
        return True


class Crash(Exception):
    """Not an answer: the actor that meets it dies."""


EXPECTED = ("Crash:", "ZeroDivisionError: a bug in the engine", "EngineHangs:", "ChildFailed:")
"""What actors die of here by arrangement."""


class FaultyRuntime(LocalRuntime):
    """Loses, doubles and delays messages and answers, and lets actors die at each of them.

    Between one sender and one receiver order is kept: that much the seam promises.
    """

    def __init__(self, clock: VirtualClock, seed: int, fate: Fate) -> None:
        super().__init__(clock, seed=seed)
        self._fate = fate
        self._instances: dict[str, Child] = {}
        self._chores: set[asyncio.Future[Any]] = set()
        self.bugs: list[str] = []
        """Deaths that nobody has arranged."""
        self._free_at: dict[tuple[str, str], float] = {}

    async def spawn(self, spec: Spawn) -> Child:
        child = await super().spawn(spec)
        self._instances[spec.name] = child
        watch = asyncio.ensure_future(self._watch(child))
        self._chores.add(watch)
        watch.add_done_callback(self._chores.discard)
        return child

    async def _watch(self, child: Child) -> None:
        exit_ = await child.exited()
        if exit_.reason == "crashed" and not exit_.cause.startswith(EXPECTED):
            self.bugs.append(f"{child.name} died of {exit_.cause}")

    def kill(self, name: str) -> None:
        instance = self._instances.get(name)
        if instance is not None:
            killing = asyncio.ensure_future(instance.kill())
            self._chores.add(killing)
            killing.add_done_callback(self._chores.discard)

    def deliver(self, sender: str, to: str, call: Call | PackedCall, reply: Reply | None) -> None:
        self._kill_perhaps(sender, "crash_before")
        if self._fate.strikes("lost"):
            return
        times = 2 if self._fate.strikes("doubled") else 1
        for _ in range(times):
            self._hand_over(sender, to, call, reply and _FaultyReply(self, to, reply))

    def _hand_over(
        self, sender: str, to: str, call: Call | PackedCall, reply: Reply | None
    ) -> None:
        loop = asyncio.get_running_loop()
        # Timers of one moment ring in any order: the next message gets a moment of its own.
        at = self._free_at.get((sender, to), 0.0) + 1e-6
        if self._fate.strikes("delayed"):
            at = max(at, loop.time() + self._fate.random.random() * self._fate.chances.delay)
        if at <= loop.time():
            super().deliver(sender, to, call, reply)
        else:
            self._free_at[sender, to] = at
            loop.call_at(at, super().deliver, sender, to, call, reply)

    def answered(self, by: str) -> bool:
        """Whether the answer gets through; the one who gave it may die right after."""
        self._kill_perhaps(by, "crash_after")
        return not self._fate.strikes("lost")

    def _kill_perhaps(self, name: str, fault: str) -> None:
        if name in self._instances and self._fate.strikes(fault):
            self._fate.dealt[f"{fault} {name.partition('-')[0]}"] += 1
            self.kill(name)


class _FaultyReply:
    """Answers may get lost. The asker's deadline is its own, and is not."""

    def __init__(self, runtime: FaultyRuntime, by: str, reply: Reply) -> None:
        self._runtime = runtime
        self._by = by
        self._reply = reply

    def answer(self, value: Any) -> None:
        if self._runtime.answered(self._by):
            self._reply.answer(value)

    def fail(self, error: Any) -> None:
        if self._runtime.answered(self._by):
            self._reply.fail(error)


class FaultyJournal(SqliteJournal):
    """The real journal on a disk that fills up, fails, and loses power around commits."""

    fate: Fate
    committed: list[Sequence[Write]]

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        if self.fate.strikes("commit_crash_before"):
            raise Crash("died before the commit")
        if self.fate.strikes("commit_error"):
            raise Crash("the disk does not answer")
        if self.fate.strikes("disk_full"):
            raise StorageFull("no space left on device", retry_after=1.0)
        await super().commit(epoch, writes)
        if self.fate.strikes("commit_crash_after"):
            raise Crash("died after the commit")

    def _commit(self, database: Database, epoch: int, writes: Sequence[Write]) -> None:
        super()._commit(database, epoch, writes)
        self.committed.append(writes)
