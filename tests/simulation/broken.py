"""Services with one safeguard taken out: the simulation must notice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from retender.jobs.pieces import Piece
from retender.journal.api import Append, Write
from retender.journal.connection import Database
from retender.journal.writer import Writer
from retender.scheduling.dispatcher import Dispatcher, Lease
from tests.simulation.faults import Crash, FaultyJournal


class TrustingWriter(Writer):
    """Takes every result, also when the worker's lease is over."""

    def ends_lease(self, piece: Piece, token: str) -> bool:
        super().ends_lease(piece, token)
        return True


class TrustingJournal(FaultyJournal):
    writer = TrustingWriter


class RememberingDispatcher(Dispatcher):
    """Never forgets a lease it has given, as if none ever ended."""

    def _enter(self, lease: Lease) -> None:
        super()._enter(lease)
        self.__dict__.setdefault("ever", {})[lease.token] = lease

    def lease(self, token: str) -> Lease | None:
        lease: Lease | None = self.__dict__.get("ever", {}).get(token)
        return lease if lease is not None and lease.job_id in self._active else None


class LooseJournal(FaultyJournal):
    """Writes the events in a transaction of their own: between the two, power may fail."""

    def _commit(self, database: Database, epoch: int, writes: Sequence[Write]) -> None:
        changes = [write for write in writes if not isinstance(write, Append)]
        database.write(partial(self._apply, epoch=epoch, writes=changes))
        if self.fate.strikes("commit_crash_after"):
            self.committed.append(changes)
            raise Crash("died between the two transactions")
        events = [write for write in writes if isinstance(write, Append)]
        database.write(partial(self._apply, epoch=epoch, writes=events))
        self.committed.append(writes)
