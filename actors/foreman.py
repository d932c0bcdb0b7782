"""The JobManager's dealings with its workers: leases given, renewed, lost and settled."""

from __future__ import annotations

from random import Random

from loguru import logger
from msgspec.structs import replace

from actors.ledger import Ledger
from actors.patience import Waiting, at_once
from actors.runtime.api import Clock, Later
from retender import rulings
from retender.board import Draft
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
        await self._commit(draft)

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
        await self._return(self._dispatcher.all_leases())

    async def exchange(self, asked: Exchange) -> Later[Orders]:
        now = self._clock.monotonic()
        self._hear(asked.worker, now)
        draft = self._ledger.draft()
        for lease in self._dispatcher.of_worker(asked.worker, other_than=asked.life):
            self._lose(draft, lease, WorkerCrashed(f"{asked.worker} died while it worked on this"))
        lost = tuple([each.token for each in asked.outcomes if not self._take_in(draft, each)])
        given = await self._commit_and_give(draft, asked)
        if given or asked.outcomes or asked.wait <= 0:
            return at_once(Orders(given, lost))
        return self._lanes.add(asked, now + asked.wait)

    async def renew(self, worker: str, life: str, holding: tuple[str, ...]) -> dict[str, Verdict]:
        now = self._clock.monotonic()
        self._hear(worker, now)
        unclaimed = self._dispatcher.unclaimed(worker, life, holding, now - LOST_ORDERS_AFTER)
        await self._return(unclaimed)
        return self._dispatcher.renew(holding, now)

    async def worker_down(self, worker: str, cause: str) -> None:
        draft = self._ledger.draft()
        for lease in self._dispatcher.of_worker(worker):
            self._lose(draft, lease, WorkerCrashed(f"{worker} died: {cause}"))
        await self._commit(draft)
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
            draft = self._ledger.draft()
            for lease in self._dispatcher.expired(now):
                self._silent[lease.worker] = None
                self._lose(draft, lease, WorkerSilent(f"{lease.worker} gave no sign of life"))
            await self._commit(draft)
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
                given = await self._commit_and_give(self._ledger.draft(), asked)
            except StorageFull as full:
                logger.warning("work waits for room on the disk: {}", full.message)
            if given:
                lane.give(Orders(given))
            else:
                self._lanes.push(asked, lane)

    def _hear(self, worker: str, now: float) -> None:
        self._dispatcher.seen(worker, now)
        self._silent.pop(worker, None)

    async def _commit_and_give(self, draft: Draft, asked: Exchange) -> tuple[Order, ...]:
        """Commit, and with it the leases of what is next for this worker, who hears of them only
        once they are written down."""
        chosen: list[Lease] = []
        if asked.want and not self._closed:
            chosen = self._dispatcher.choose(asked, self._clock.monotonic())
        leases = [each for each in chosen if not draft.job(each.job_id).finished]
        pieces = [rulings.give(draft, each.job_id, each.index, each.token) for each in leases]
        try:
            await self._commit(draft)
        except StorageFull:
            self._dispatcher.put_back(chosen)
            raise
        for lease in leases:
            self._dispatcher.given(lease)
        self._ledger.estimates.lanes = max(1, self._dispatcher.leases)
        return tuple(order(piece, self._ledger.board[piece.job_id].job) for piece in pieces)

    def _take_in(self, draft: Draft, outcome: Outcome) -> bool:
        """Whether it counts."""
        lease = self._dispatcher.lease(outcome.token)
        if lease is None or draft.job(lease.job_id).finished:
            return False
        # Under the token it was done with: the journal compares that one with its own.
        piece = replace(draft.piece(*lease.key), token=outcome.token)
        match outcome:
            case Prepared():
                rulings.prepared(draft, piece, outcome.plan, Made(outcome.engine, outcome.model))
            case Transcribed():
                made = Made(outcome.engine, outcome.model)
                rulings.transcribed(draft, piece, outcome.result, made)
                taken = self._clock.monotonic() - lease.granted
                self._ledger.estimates.observe(piece.seconds, taken)
            case Broke():
                chance = self._random.random()
                rulings.broke(draft, piece, outcome.failure, self._retry, chance)
            case Dropped():
                rulings.given_back(draft, piece)
        return True

    def _lose(self, draft: Draft, lease: Lease, error: WorkerCrashed | WorkerSilent) -> None:
        """A worker will not finish this: another must."""
        if not draft.job(lease.job_id).finished:
            piece, chance = draft.piece(*lease.key), self._random.random()
            rulings.worker_lost(draft, piece, error.failure(), self._retry, chance)

    async def _return(self, leases: list[Lease]) -> None:
        draft = self._ledger.draft()
        for lease in leases:
            rulings.given_back(draft, draft.piece(*lease.key))
        await self._commit(draft)

    async def _commit(self, draft: Draft) -> None:
        if draft.writes:
            await self._ledger.commit(draft)
