"""Gives waiting pieces to workers under leases, and keeps the leases.

    new ──> fair queue, or suspects ──choose──> leased ──apply──> done, failed, or job cancelled
                  ^                               │
                  │                             apply: to be retried, returned, or worker lost
                  │                               │
                  └──end_delays── delayed <───────┘   (without a delay: back at once)

A suspect is a piece that may kill its worker. It is leased alone, so that no other piece is lost
with it.

Leases exist in the manager's memory only: they are void after its restart. Nothing here reads a
clock or touches the journal: time is passed in, and the JobManager commits what `choose` picked
before it answers the worker. `apply` follows after each commit.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict

import msgspec

from retender.jobs.job import Job
from retender.jobs.pieces import Piece, PieceState
from retender.scheduling.draft import ActiveJobs, Draft, PieceKey
from retender.scheduling.estimates import seconds_left
from retender.scheduling.fair_queue import FairQueue, Offer, Together
from retender.transcript.packing import input_seconds
from retender.workers.orders import Exchange, LeaseState, batch_key


class Lease(msgspec.Struct, frozen=True):
    """The right of one worker instance to one piece, until it expires."""

    token: str
    worker: str
    instance: str
    job_id: str
    index: int
    engine: str
    granted: float
    expires: float
    alone: bool = False
    """The worker holds no other piece meanwhile: this one is a suspect."""

    @property
    def key(self) -> PieceKey:
        return self.job_id, self.index


class Dispatcher:
    def __init__(self, active: ActiveJobs, epoch: int, lease_seconds: float) -> None:
        self._active = active
        self._epoch = epoch
        self._lease_seconds = lease_seconds
        self._queue = FairQueue()
        self._delays: list[tuple[float, PieceKey]] = []
        """A heap. An entry counts only if `_due` has the same time for its piece."""
        self._due: dict[str, dict[int, float]] = {}
        """When the delay of a piece ends, by job and index."""
        self._suspects: dict[PieceKey, None] = {}
        """In order of arrival."""
        self._reserved: tuple[str, float] | None = None
        """The worker that the first suspect waits for, and until when."""
        self._leases: dict[str, Lease] = {}
        self._by_job: dict[str, dict[int, str]] = {}
        self._by_worker: dict[str, dict[str, Lease]] = {}
        self._by_engine: Counter[str] = Counter()
        self._cancelled: OrderedDict[str, float] = OrderedDict()
        """Tokens of leases that ended with their job, and when. They are kept for a while, so that
        the worker is told "cancelled" rather than "lost"."""
        self._seen: dict[str, float] = {}
        """When each worker last sent a message."""
        self._issued = 0

    def seconds_waiting(self, engine: str | None = None) -> float:
        """Seconds of audio that could be given out now: of one engine, or of all."""
        suspects = (self._active[job_id].pieces[index] for job_id, index in self._suspects)
        offers = (self._offer(piece) for piece in suspects)
        return self._queue.seconds(engine) + sum(
            offer.seconds for offer in offers if engine in {None, offer.engine}
        )

    @property
    def pieces_waiting(self) -> int:
        return len(self._queue) + len(self._suspects)

    @property
    def has_delayed_pieces(self) -> bool:
        """Whether any piece waits for the end of a delay."""
        return bool(self._due)

    @property
    def lease_count(self) -> int:
        return len(self._leases)

    def leases_by_engine(self) -> Counter[str]:
        """How many pieces each engine is working on."""
        return +self._by_engine

    @property
    def busy_workers(self) -> tuple[str, ...]:
        return tuple(self._by_worker)

    def all_leases(self) -> list[Lease]:
        return list(self._leases.values())

    def worker_seen(self, worker: str, now: float) -> None:
        self._seen[worker] = now

    def worker_gone(self, worker: str) -> None:
        self._seen.pop(worker, None)

    def workers(self, now: float) -> int:
        """How many workers have sent a message within the length of a lease."""
        recently = now - self._lease_seconds
        self._seen = {worker: at for worker, at in self._seen.items() if at >= recently}
        return len(self._seen)

    def lease(self, token: str) -> Lease | None:
        return self._leases.get(token)

    def choose(self, asked: Exchange, now: float) -> list[Lease]:
        """Take up to `want` pieces that fit one batch off the queue and lease them to this worker.

        Of the last pieces each lane takes only its share: no lane idles while another has many.
        If the commit fails, the caller must `put_back` them."""
        held = self._by_worker.get(asked.worker, {})
        if any(lease.alone for lease in held.values()):
            return []
        if (suspect := self._suspect_for(asked, now)) is not None:
            if held:
                return []
            del self._suspects[suspect]
            self._reserved = None
            return [self._issue(asked, suspect, now, alone=True)]
        chosen: list[PieceKey] = []
        together: Together | None = None
        share = -(-len(self._queue) // max(1, asked.lanes))
        while len(chosen) < min(asked.want, share):
            key = self._queue.take(asked.engines, together)
            if key is None:
                break
            chosen.append(key)
            together = together or self._together(key)
        return [self._issue(asked, key, now) for key in chosen]

    def _enter(self, lease: Lease) -> None:
        self._leases[lease.token] = lease
        self._by_job.setdefault(lease.job_id, {})[lease.index] = lease.token
        self._by_worker.setdefault(lease.worker, {})[lease.token] = lease

    def put_back(self, leases: list[Lease]) -> None:
        """Undo `choose`: the commit failed, so the worker never got the pieces."""
        for lease in leases:
            self._end_lease(lease.key, cancelled=False, now=lease.granted)
            if lease.alone:
                self._suspects[lease.key] = None
            else:
                self._queue.put_back(self._offer(self._active[lease.job_id].pieces[lease.index]))

    def renew(self, tokens: tuple[str, ...], now: float) -> dict[str, LeaseState]:
        states = {}
        for token in tokens:
            lease = self._leases.get(token)
            if lease is not None:
                renewed = msgspec.structs.replace(lease, expires=now + self._lease_seconds)
                self._enter(renewed)
                states[token] = LeaseState.ACTIVE
            elif token in self._cancelled:
                states[token] = LeaseState.CANCELLED
            else:
                states[token] = LeaseState.LOST
        return states

    def expired(self, now: float) -> list[Lease]:
        return [lease for lease in self._leases.values() if lease.expires <= now]

    def leases_of_job(self, job_id: str) -> list[Lease]:
        return [self._leases[token] for token in self._by_job.get(job_id, {}).values()]

    def leases_of(self, worker: str, *, other_than: str | None = None) -> list[Lease]:
        """The leases of this worker; with `other_than`, only those of its other instances."""
        held = self._by_worker.get(worker, {}).values()
        return [lease for lease in held if lease.instance != other_than]

    def undelivered(
        self, worker: str, instance: str, holding: tuple[str, ...], before: float
    ) -> list[Lease]:
        """Leases granted before that time that the worker does not hold: its orders got lost."""
        return [
            lease
            for lease in self._by_worker.get(worker, {}).values()
            if lease.instance == instance and lease.token not in holding and lease.granted < before
        ]

    def end_delays(self, now: float) -> bool:
        """Enqueue the pieces whose delay is over. True if there were any."""
        ended = False
        while self._delays and self._delays[0][0] <= now:
            until, key = heapq.heappop(self._delays)
            if self._due.get(key[0], {}).get(key[1]) == until:
                self._cancel_delay(key)
                self._enqueue(self._active[key[0]].pieces[key[1]])
                ended = True
        return ended

    def apply(self, draft: Draft, now: float) -> None:
        """Follow a draft that was committed and merged into the active jobs."""
        for job_id in draft.replaced:
            self.drop_job(job_id, now)
        for key, piece in draft.pieces.items():
            if piece.state is not PieceState.LEASED:
                self._end_lease(key, cancelled=False, now=now)
        for job in draft.jobs.values():
            if job.id not in self._active:
                self.drop_job(job.id, now)
        requeued = {*draft.replaced, *draft.rerouted, *draft.job_delays}
        for job_id in requeued:
            self._requeue(job_id, now, draft.job_delays.get(job_id, 0.0))
        for key, piece in draft.pieces.items():
            waiting = piece.state is PieceState.WAITING and key[0] in self._active
            if waiting and key[0] not in requeued:
                self._enqueue_at(piece, now + draft.delays.get(key, 0.0), now)

    def _requeue(self, job_id: str, now: float, delay: float) -> None:
        """Enqueue the waiting pieces of the job again, as its engine or its pieces have changed.
        Delays that they had already go on."""
        self._queue.withdraw(job_id)
        entry = self._active.get(job_id)
        for piece in entry.pieces.values() if entry is not None else ():
            key = (job_id, piece.index)
            self._suspects.pop(key, None)
            if piece.state is PieceState.WAITING:
                self._enqueue_at(piece, max(now + delay, self._cancel_delay(key, now)), now)

    def _enqueue_at(self, piece: Piece, at: float, now: float) -> None:
        if at > now:
            self._due.setdefault(piece.job_id, {})[piece.index] = at
            heapq.heappush(self._delays, (at, (piece.job_id, piece.index)))
        else:
            self._enqueue(piece)

    def _cancel_delay(self, key: PieceKey, default: float = 0.0) -> float:
        """Returns when the delay would have ended."""
        of_job = self._due.get(key[0], {})
        until = of_job.pop(key[1], default)
        if not of_job:
            self._due.pop(key[0], None)
        return until

    def enqueue_all(self) -> None:
        """At the start: enqueue every waiting piece of the active jobs."""
        for entry in self._active:
            for piece in entry.pieces.values():
                if piece.state is PieceState.WAITING:
                    self._enqueue(piece)

    def drop_job(self, job_id: str, now: float) -> None:
        """The job is finished: its pieces leave the queue, and its leases are cancelled."""
        self._queue.withdraw(job_id)
        for key in [key for key in self._suspects if key[0] == job_id]:
            del self._suspects[key]
        self._due.pop(job_id, None)
        for index in tuple(self._by_job.get(job_id, ())):
            self._end_lease((job_id, index), cancelled=True, now=now)

    def _issue(self, asked: Exchange, key: PieceKey, now: float, *, alone: bool = False) -> Lease:
        self._issued += 1
        lease = Lease(
            token=f"{self._epoch}.{self._issued}",
            worker=asked.worker,
            instance=asked.instance,
            job_id=key[0],
            index=key[1],
            engine=self._job(key).engine or "",
            granted=now,
            expires=now + self._lease_seconds,
            alone=alone,
        )
        self._enter(lease)
        self._by_engine[lease.engine] += 1
        return lease

    def _suspect_for(self, asked: Exchange, now: float) -> PieceKey | None:
        """The first suspect for these engines. It is reserved for the first worker that asks, until
        that worker holds nothing else."""
        suspects = (key for key in self._suspects if self._job(key).engine in asked.engines)
        suspect = next(suspects, None)
        if suspect is None:
            return None
        if self._reserved is None or self._reserved[1] <= now:
            self._reserved = (asked.worker, now + self._lease_seconds)
        return suspect if self._reserved[0] == asked.worker else None

    def _end_lease(self, key: PieceKey, *, cancelled: bool, now: float) -> None:
        of_job = self._by_job.get(key[0], {})
        token = of_job.pop(key[1], None)
        if token is None:
            return
        if not of_job:
            del self._by_job[key[0]]
        lease = self._leases.pop(token)
        self._by_engine[lease.engine] -= 1
        held = self._by_worker[lease.worker]
        del held[token]
        if not held:
            del self._by_worker[lease.worker]
        if cancelled:
            self._cancelled[token] = now
            self._forget_old_cancellations(now)

    def _forget_old_cancellations(self, now: float) -> None:
        old = now - 10 * self._lease_seconds
        while self._cancelled and next(iter(self._cancelled.values())) < old:
            self._cancelled.popitem(last=False)

    def _enqueue(self, piece: Piece) -> None:
        if piece.suspect:
            self._suspects[piece.job_id, piece.index] = None
        else:
            self._queue.offer(self._offer(piece))

    def _offer(self, piece: Piece) -> Offer:
        job = self._active[piece.job_id].job
        left = seconds_left(job)
        return Offer(
            job_id=job.id,
            piece=piece.index,
            seconds=left if piece.chunk is None else piece.seconds,
            owner=job.owner,
            priority=job.priority,
            engine=job.engine or "",
            batch_key=batch_key(piece.index, job),
            remaining=left,
            input_seconds=input_seconds(piece.seconds),
        )

    def _together(self, key: PieceKey) -> Together:
        job_id, index = key
        piece = self._active[job_id].pieces[index]
        return Together(batch_key(index, self._job(key)), input_seconds(piece.seconds))

    def _job(self, key: PieceKey) -> Job:
        return self._active[key[0]].job
