"""Leases of pieces to workers: granted, renewed, lost, settled."""

from __future__ import annotations

from itertools import chain, repeat
from random import Random

from loguru import logger
from msgspec.structs import replace

from actors.limits import LOST_ORDERS_AFTER
from actors.long_poll import LongPoll, LongPolls
from actors.manager import job_log
from actors.manager.engine_router import EngineRouter
from actors.manager.store import JobStore
from actors.manager.worker_registry import WorkerRegistry
from actors.runtime.api import Clock, Later
from retender.errors import StorageFull, WorkerCrashed, WorkerSilent
from retender.jobs.pieces import PieceState
from retender.jobs.retry import RetryPolicy
from retender.jobs.submission import PoolLoad
from retender.scheduling import transitions
from retender.scheduling.dispatcher import Lease
from retender.scheduling.draft import Draft
from retender.scheduling.transitions import UsedModel
from retender.workers.engine_info import PoolReport
from retender.workers.orders import (
    Declined,
    Exchange,
    Failed,
    Order,
    Orders,
    Outcome,
    Prepared,
    Renewal,
    Returned,
    Transcribed,
    order,
)
from retender.workers.reports import WorkerReport

_WaitingWorker = tuple[Exchange, LongPoll[Orders]]


class LeaseManager:
    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        random: Random,
        retry: RetryPolicy,
        *,
        registry: WorkerRegistry,
        engines: EngineRouter,
    ) -> None:
        self.registry = registry
        self._engines = engines
        self._store = store
        self._dispatcher = store.dispatcher
        self._clock = clock
        self._random = random
        self._retry = retry
        self._arrived: list[_WaitingWorker] = []
        self._lanes: LongPolls[Exchange, Orders] = LongPolls()
        self._drains: LongPolls[None, bool] = LongPolls()
        self._silent: dict[str, None] = {}
        self._instances: dict[str, str] = {}
        self._closed = False

    @property
    def wanted(self) -> bool:
        """True if results wait to be recorded, or a worker waits and there is work."""
        work = self._dispatcher.pieces_waiting and not self._closed
        return bool(self._arrived or (self._lanes and work))

    async def void_old_leases(self) -> None:
        """At the start: leases of an earlier instance are void, and engines may have changed."""
        draft = self._store.draft()
        for entry in self._store.active:
            for piece in entry.pieces.values():
                if piece.state is PieceState.LEASED:
                    transitions.interrupted(draft, piece)
            if not draft.job(entry.job.id).finished:
                self._engines.adopt(draft, entry.job.id)
        await self._commit(draft)

    def close(self) -> None:
        """Grant no more leases; results are still accepted."""
        self._closed = True

    def empty_handed(self, grace: float) -> Later[bool]:
        """Answered when all leases have ended, or after `grace` seconds."""
        later = self._drains.add(None, self._clock.monotonic() + grace)
        self._answer_drains()
        return later

    def _answer_drains(self) -> None:
        if not self._dispatcher.lease_count:
            self._drains.answer_each(lambda _: True)

    async def release_all(self) -> None:
        await self._return(self._dispatcher.all_leases())

    def exchange(self, asked: Exchange) -> Later[Orders]:
        """Answered by the next `serve`: exchanges that arrive until then share one commit."""
        lane: LongPoll[Orders] = LongPoll(self._clock.monotonic() + asked.wait)
        self._arrived.append((asked, lane))
        return lane.later

    async def renew(
        self,
        worker: str,
        instance: str,
        holding: tuple[str, ...],
        report: WorkerReport | None,
        heard: tuple[str, ...],
    ) -> Renewal:
        now = self._clock.monotonic()
        self._hear(worker, instance, now)
        self.registry.hear(worker, instance, report, now)
        unclaimed = self._dispatcher.undelivered(worker, instance, holding, now - LOST_ORDERS_AFTER)
        await self._return(unclaimed)
        return Renewal(self._dispatcher.renew(holding, now), self.registry.commands(worker, heard))

    async def worker_down(self, worker: str, cause: str) -> None:
        draft = self._store.draft()
        for lease in self._dispatcher.leases_of(worker):
            self._lose(draft, lease, WorkerCrashed(f"{worker} died: {cause}"))
        await self._commit(draft)
        self._forget(worker)

    async def worker_left(self, worker: str) -> None:
        """A worker stopped as planned: its pieces go to others and do not count as attempts."""
        await self._return(self._dispatcher.leases_of(worker))
        self._forget(worker)

    def _forget(self, worker: str) -> None:
        self._dispatcher.worker_gone(worker)
        self.registry.gone(worker)
        self._silent.pop(worker, None)
        self._instances.pop(worker, None)
        self._clear_lanes(worker)

    def load(self, condition: PoolReport) -> PoolLoad:
        self._engines.hear(condition)
        return PoolLoad(
            self._dispatcher.seconds_waiting(condition.engine),
            self._dispatcher.pieces_waiting,
            self._dispatcher.busy_workers,
            tuple(self._silent),
        )

    async def pass_time(self) -> None:
        """Handle expired leases, ended delays and long polls at their deadline."""
        now = self._clock.monotonic()
        try:
            draft = self._store.draft()
            for lease in self._dispatcher.expired(now):
                self._silent[lease.worker] = None
                self._lose(draft, lease, WorkerSilent(f"{lease.worker} sent no heartbeat"))
            await self._commit(draft)
        except StorageFull as full:
            logger.warning("work waits for disk space: {}", full.message)
        await self.balance()
        self._dispatcher.end_delays(now)
        self._lanes.expire(now, lambda _: Orders())
        self._answer_drains()
        self._drains.expire(now, lambda _: False)

    async def balance(self) -> None:
        """Move jobs that wait too long to another engine."""
        draft = self._store.draft()
        self._engines.balance(draft)
        try:
            await self._commit(draft)
        except StorageFull as full:
            logger.debug("no job is moved, for want of disk space: {}", full.message)

    async def serve(self) -> None:
        """Record all outcomes that have arrived and grant pieces to waiting workers, in one
        commit."""
        arrived, self._arrived = self._arrived, []
        draft = self._store.draft()
        lost = [self._take_in_all(draft, asked) for asked, _ in arrived]
        given = [self._choose(draft, asked) for asked, _ in arrived]
        waiting: list[_WaitingWorker] = []
        for _ in range(len(self._lanes)):
            # Stop as soon as no piece waits: a thousand idle lanes may be waiting.
            if not self._dispatcher.pieces_waiting:
                break
            waiting.append(self._lanes.pop())
            given.append(self._choose(draft, waiting[-1][0]))
        try:
            await self._commit(draft)
        except StorageFull as full:
            self._refuse(arrived, waiting, given, full)
            return
        self._store.estimates.set_parallel(self._dispatcher.leases_by_engine())
        losses = chain(lost, repeat(()))
        for (asked, lane), leases, late in zip((*arrived, *waiting), given, losses, strict=False):
            orders = self._orders(leases)
            if orders or asked.outcomes or lane.until <= self._clock.monotonic():
                lane.answer(Orders(orders, late))
            else:
                self._lanes.push(asked, lane)

    def _refuse(
        self,
        arrived: list[_WaitingWorker],
        waiting: list[_WaitingWorker],
        given: list[list[Lease]],
        full: StorageFull,
    ) -> None:
        """The commit failed: senders keep their outcomes, and waiting workers keep waiting."""
        logger.warning("work waits for disk space: {}", full.message)
        self._dispatcher.put_back([lease for leases in given for lease in leases])
        for _, lane in arrived:
            lane.fail(full)
        for asked, lane in waiting:
            self._lanes.push(asked, lane)

    def _take_in_all(self, draft: Draft, asked: Exchange) -> tuple[str, ...]:
        """Record the outcomes of one exchange; return the tokens that no longer counted."""
        self._hear(asked.worker, asked.instance, self._clock.monotonic())
        for lease in self._dispatcher.leases_of(asked.worker, other_than=asked.instance):
            self._lose(draft, lease, WorkerCrashed(f"{asked.worker} died while it worked on this"))
        return tuple(each.token for each in asked.outcomes if not self._take_in(draft, each))

    def _choose(self, draft: Draft, asked: Exchange) -> list[Lease]:
        """Lease the next pieces to this worker. It receives them only after the commit."""
        if self._closed or not asked.want:
            return []
        leases = self._dispatcher.choose(asked, self._clock.monotonic())
        for lease in leases:
            if not draft.job(lease.job_id).finished:
                transitions.grant(draft, lease.job_id, lease.index, lease.token)
        return leases

    def _orders(self, leases: list[Lease]) -> tuple[Order, ...]:
        """Orders for these leases, without jobs that ended in the same commit."""
        active = self._store.active
        entries = ((lease, active.get(lease.job_id)) for lease in leases)
        return tuple(order(e.pieces[lease.index], e.job) for lease, e in entries if e is not None)

    def _hear(self, worker: str, instance: str, now: float) -> None:
        self._dispatcher.worker_seen(worker, now)
        self._silent.pop(worker, None)
        if self._instances.get(worker, instance) != instance:
            self._clear_lanes(worker)
        self._instances[worker] = instance

    def _clear_lanes(self, worker: str) -> None:
        """End the polls of a dead instance: pieces given to it would count as crashed."""
        self._lanes.answer_each(lambda asked: Orders() if asked.worker == worker else None)

    def _take_in(self, draft: Draft, outcome: Outcome) -> bool:
        """Record an outcome; False if its lease is over."""
        lease = self._dispatcher.lease(outcome.token)
        if lease is None or not draft.leased(lease.key, outcome.token):
            return False
        # With the token of the outcome: the journal compares it with its own.
        piece = replace(draft.piece(*lease.key), token=outcome.token)
        match outcome:
            case Prepared():
                found = outcome.language_candidates
                transitions.prepared(draft, piece, outcome.plan, _made(outcome), found)
                draft.save_peaks(piece.job_id, outcome.peaks)
            case Transcribed():
                transitions.transcribed(draft, piece, outcome.result, _made(outcome))
                taken = self._clock.monotonic() - lease.granted
                draft.paces.append((lease.engine, piece.counted_seconds, taken))
            case Declined():
                self._engines.declined(draft, piece, lease.engine, outcome.wait)
            case Failed() if self._engines.given_up(draft, piece, lease.engine, outcome.failure):
                pass
            case Failed():
                job_log.went_wrong(draft.job(piece.job_id), piece, lease, outcome.failure)
                chance = self._random.random()
                transitions.failed(draft, piece, outcome.failure, self._retry, chance)
            case Returned():
                transitions.returned(draft, piece)
        return True

    def _lose(self, draft: Draft, lease: Lease, error: WorkerCrashed | WorkerSilent) -> None:
        """The worker will not finish this piece: it is tried again elsewhere."""
        if draft.leased(lease.key, lease.token):
            piece, chance = draft.piece(*lease.key), self._random.random()
            job_log.went_wrong(draft.job(piece.job_id), piece, lease, error.failure())
            transitions.worker_lost(draft, piece, error.failure(), self._retry, chance)

    async def _return(self, leases: list[Lease]) -> None:
        draft = self._store.draft()
        for lease in leases:
            transitions.returned(draft, draft.piece(*lease.key))
        await self._commit(draft)

    async def _commit(self, draft: Draft) -> None:
        if draft.writes:
            await self._store.commit(draft)


def _made(outcome: Prepared | Transcribed) -> UsedModel:
    missing = isinstance(outcome, Prepared) and outcome.model_missing
    return UsedModel(outcome.engine, outcome.model, outcome.requested_model, missing)
