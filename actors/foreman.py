"""The JobManager's dealings with its workers: leases given, renewed, lost and settled."""

from __future__ import annotations

from random import Random

from loguru import logger
from msgspec.structs import replace

from actors.ledger import Ledger
from actors.patience import Waiting, at_once
from actors.runtime.api import Clock, Later
from retender import rulings
from retender.dispatch import Lease
from retender.errors import StorageFull, WorkerCrashed, WorkerSilent
from retender.limits import LOST_ORDERS_AFTER
from retender.retry import RetryPolicy
from retender.rulings import Made
from retender.submission import Load
from retender.work import (
    Broke,
    Dropped,
    Exchange,
    Order,
    Orders,
    Outcome,
    PieceState,
    Prepared,
    Transcribed,
    Verdict,
    order,
)


class Foreman:
    def __init__(self, ledger: Ledger, clock: Clock, random: Random, retry: RetryPolicy) -> None:
        self._ledger = ledger
        self._dispatcher = ledger.dispatcher
        self._clock = clock
        self._random = random
        self._retry = retry
        self._lanes: Waiting[Exchange, Orders] = Waiting()
        self._drains: Waiting[None, bool] = Waiting()
        self._silent: dict[str, None] = {}
        self._closed = False

    @property
    def wanted(self) -> bool:
        """Someone waits for work, and there is some."""
        return bool(self._lanes and self._dispatcher.pieces_waiting and not self._closed)

    async def void_old_leases(self) -> None:
        """What an earlier life of the manager gave out is not out any more."""
        draft = self._ledger.draft()
        for entry in self._ledger.board:
            for piece in entry.pieces.values():
                if piece.state is PieceState.LEASED:
                    rulings.interrupted(draft, piece)
        if draft.writes:
            await self._ledger.commit(draft)

    def close(self) -> None:
        """Nothing more is given out; what is in hand may still be turned in."""
        self._closed = True

    def empty_handed(self, grace: float) -> Later[bool]:
        """Answered when all leases have ended, or in time."""
        later = self._drains.add(None, self._clock.monotonic() + grace)
        self._answer_drains()
        return later

    def _answer_drains(self) -> None:
        if not self._dispatcher.leases:
            self._drains.answer(lambda _: True)

    async def release_all(self) -> None:
        for lease in self._dispatcher.all_leases():
            await self._return(lease)

    async def exchange(self, asked: Exchange) -> Later[Orders]:
        now = self._clock.monotonic()
        self._hear(asked.worker, now)
        for lease in self._dispatcher.of_worker(asked.worker, other_than=asked.life):
            await self._lose(lease, WorkerCrashed(f"{asked.worker} died while it worked on this"))
        lost = tuple([each.token for each in asked.outcomes if not await self._take_in(each)])
        given = await self._give(asked) if asked.want else ()
        if given or asked.outcomes or asked.wait <= 0:
            return at_once(Orders(given, lost))
        return self._lanes.add(asked, now + asked.wait)

    async def renew(self, worker: str, life: str, holding: tuple[str, ...]) -> dict[str, Verdict]:
        now = self._clock.monotonic()
        self._hear(worker, now)
        for lease in self._dispatcher.unclaimed(worker, life, holding, now - LOST_ORDERS_AFTER):
            await self._return(lease)
        return self._dispatcher.renew(holding, now)

    async def worker_down(self, worker: str, cause: str) -> None:
        for lease in self._dispatcher.of_worker(worker):
            await self._lose(lease, WorkerCrashed(f"{worker} died: {cause}"))
        self._dispatcher.gone(worker)
        self._silent.pop(worker, None)

    def load(self) -> Load:
        return Load(
            self._dispatcher.seconds_waiting,
            self._dispatcher.pieces_waiting,
            self._dispatcher.busy_workers,
            tuple(self._silent),
        )

    async def pass_time(self) -> None:
        """Leases run out, delays are over, patience ends."""
        now = self._clock.monotonic()
        try:
            for lease in self._dispatcher.expired(now):
                self._silent[lease.worker] = None
                await self._lose(lease, WorkerSilent(f"{lease.worker} gave no sign of life"))
        except StorageFull as full:
            logger.warning("work waits for room on the disk: {}", full.message)
        self._dispatcher.wake(now)
        self._lanes.dismiss(now, lambda _: Orders())
        self._answer_drains()
        self._drains.dismiss(now, lambda _: False)

    async def serve(self) -> None:
        """Give what waits to those who wait for it."""
        for _ in range(len(self._lanes)):
            if not self.wanted:
                return
            asked, lane = self._lanes.pop()
            given: tuple[Order, ...] = ()
            try:
                given = await self._give(asked)
            except StorageFull as full:
                logger.warning("work waits for room on the disk: {}", full.message)
            if given:
                lane.give(Orders(given))
            else:
                self._lanes.push(asked, lane)

    def _hear(self, worker: str, now: float) -> None:
        self._dispatcher.seen(worker, now)
        self._silent.pop(worker, None)

    async def _give(self, asked: Exchange) -> tuple[Order, ...]:
        """Lease what is next for this worker; it hears of it only once it is written down."""
        if self._closed:
            return ()
        leases = self._dispatcher.choose(asked, self._clock.monotonic())
        if not leases:
            return ()
        draft = self._ledger.draft()
        pieces = [rulings.give(draft, each.job_id, each.index, each.token) for each in leases]
        try:
            await self._ledger.commit(draft)
        except StorageFull:
            self._dispatcher.put_back(leases)
            raise
        for lease in leases:
            self._dispatcher.given(lease)
        self._ledger.estimates.lanes = max(1, self._dispatcher.leases)
        return tuple(order(piece, self._ledger.board[piece.job_id].job) for piece in pieces)

    async def _take_in(self, outcome: Outcome) -> bool:
        """Whether it counted."""
        lease = self._dispatcher.lease(outcome.token)
        if lease is None:
            return False
        draft = self._ledger.draft()
        # Under the token it was done with: the journal compares that one with its own.
        piece = replace(draft.piece(*lease.key), token=outcome.token)
        match outcome:
            case Prepared():
                rulings.prepared(draft, piece, outcome.plan, Made(outcome.engine, outcome.model))
            case Transcribed():
                made = Made(outcome.engine, outcome.model)
                rulings.transcribed(draft, piece, outcome.result, made)
            case Broke():
                chance = self._random.random()
                rulings.broke(draft, piece, outcome.failure, self._retry, chance)
            case Dropped():
                rulings.given_back(draft, piece)
        await self._ledger.commit(draft)
        if isinstance(outcome, Transcribed):
            taken = self._clock.monotonic() - lease.granted
            self._ledger.estimates.observe(piece.seconds, taken)
        return True

    async def _lose(self, lease: Lease, error: WorkerCrashed | WorkerSilent) -> None:
        """A worker will not finish this: another must."""
        draft = self._ledger.draft()
        chance = self._random.random()
        piece = draft.piece(*lease.key)
        rulings.worker_lost(draft, piece, error.failure(), self._retry, chance)
        await self._ledger.commit(draft)

    async def _return(self, lease: Lease) -> None:
        draft = self._ledger.draft()
        rulings.given_back(draft, draft.piece(*lease.key))
        await self._ledger.commit(draft)
