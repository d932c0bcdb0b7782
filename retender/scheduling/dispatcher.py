"""Which pieces wait, which are out under which lease, and what a worker that asks is given.

A lease is the manager's own memory: it is void with it. Time is passed in, and nothing here
touches the journal: the JobManager commits what is chosen before anyone hears of it.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict

import msgspec

from retender.jobs.job import Job
from retender.jobs.pieces import Piece, PieceState
from retender.scheduling.draft import ActiveJobs, Draft, PieceKey
from retender.scheduling.estimates import seconds_left
from retender.scheduling.fair_queue import FairQueue, Offer
from retender.workers.orders import Exchange, Verdict, line


class Lease(msgspec.Struct, frozen=True):
    token: str
    worker: str
    instance: str
    job_id: str
    index: int
    engine: str
    granted: float
    expires: float
    alone: bool = False

    @property
    def key(self) -> PieceKey:
        return self.job_id, self.index


class Dispatcher:
    def __init__(self, active: ActiveJobs, epoch: int, lease_seconds: float) -> None:
        self._active = active
        self._epoch = epoch
        self._lease_seconds = lease_seconds
        self._queue = FairQueue()
        self._delayed: list[tuple[float, PieceKey]] = []
        self._due: dict[str, dict[int, float]] = {}
        self._suspects: dict[PieceKey, None] = {}
        self._reserved: tuple[str, float] | None = None
        self._leases: dict[str, Lease] = {}
        self._by_job: dict[str, dict[int, str]] = {}
        self._by_worker: dict[str, dict[str, Lease]] = {}
        self._at_work: Counter[str] = Counter()
        self._called_off: OrderedDict[str, float] = OrderedDict()
        self._seen: dict[str, float] = {}
        self._issued = 0

    def seconds_waiting(self, engine: str | None = None) -> float:
        """Audio in what may be given out at once: of one engine, or of all."""
        suspects = (self._active[job_id].pieces[index] for job_id, index in self._suspects)
        offers = (self._offer(piece) for piece in suspects)
        return self._queue.seconds(engine) + sum(
            offer.seconds for offer in offers if engine in {None, offer.engine}
        )

    @property
    def pieces_waiting(self) -> int:
        return len(self._queue) + len(self._suspects)

    @property
    def delayed(self) -> bool:
        """Whether anything is to wait only after a while."""
        return bool(self._due)

    @property
    def leases(self) -> int:
        return len(self._leases)

    def at_work(self) -> Counter[str]:
        """How many pieces each engine has in hand."""
        return +self._at_work

    @property
    def busy_workers(self) -> tuple[str, ...]:
        return tuple(self._by_worker)

    def all_leases(self) -> list[Lease]:
        return list(self._leases.values())

    def seen(self, worker: str, now: float) -> None:
        self._seen[worker] = now

    def gone(self, worker: str) -> None:
        self._seen.pop(worker, None)

    def workers(self, now: float) -> int:
        """Workers that have been heard of lately."""
        recently = now - self._lease_seconds
        self._seen = {worker: at for worker, at in self._seen.items() if at >= recently}
        return len(self._seen)

    def lease(self, token: str) -> Lease | None:
        return self._leases.get(token)

    def choose(self, asked: Exchange, now: float) -> list[Lease]:
        """Up to `want` pieces that may go to this worker together, taken off the queue and leased;
        of few, no more than its lanes' fair share, so that none idles while another has many.
        Who cannot have that written down must `put_back`."""
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
        together: str | None = None
        share = -(-len(self._queue) // max(1, asked.lanes))
        while len(chosen) < min(asked.want, share):
            key = self._queue.take(asked.engines, together)
            if key is None:
                break
            chosen.append(key)
            together = together or self._line(key)
        return [self._issue(asked, key, now) for key in chosen]

    def _enter(self, lease: Lease) -> None:
        self._leases[lease.token] = lease
        self._by_job.setdefault(lease.job_id, {})[lease.index] = lease.token
        self._by_worker.setdefault(lease.worker, {})[lease.token] = lease

    def put_back(self, leases: list[Lease]) -> None:
        """The commit failed: the pieces were never given out."""
        for lease in leases:
            self._end_lease(lease.key, called_off=False, now=lease.granted)
            if lease.alone:
                self._suspects[lease.key] = None
            else:
                self._queue.put_back(self._offer(self._active[lease.job_id].pieces[lease.index]))

    def renew(self, tokens: tuple[str, ...], now: float) -> dict[str, Verdict]:
        verdicts = {}
        for token in tokens:
            lease = self._leases.get(token)
            if lease is not None:
                renewed = msgspec.structs.replace(lease, expires=now + self._lease_seconds)
                self._enter(renewed)
                verdicts[token] = Verdict.GO_ON
            elif token in self._called_off:
                verdicts[token] = Verdict.CANCELLED
            else:
                verdicts[token] = Verdict.LOST
        return verdicts

    def expired(self, now: float) -> list[Lease]:
        return [lease for lease in self._leases.values() if lease.expires <= now]

    def of_worker(self, worker: str, *, other_than: str | None = None) -> list[Lease]:
        """What this worker holds; or what an earlier life of it held."""
        held = self._by_worker.get(worker, {}).values()
        return [lease for lease in held if lease.instance != other_than]

    def unclaimed(
        self, worker: str, instance: str, holding: tuple[str, ...], before: float
    ) -> list[Lease]:
        """Leases given before then that the worker does not know of: the orders never arrived."""
        return [
            lease
            for lease in self._by_worker.get(worker, {}).values()
            if lease.instance == instance and lease.token not in holding and lease.granted < before
        ]

    def wake(self, now: float) -> bool:
        """Pieces whose delay is over wait like any other. True if there were any."""
        woken = False
        while self._delayed and self._delayed[0][0] <= now:
            at, key = heapq.heappop(self._delayed)
            if self._due.get(key[0], {}).get(key[1]) == at:
                self._no_longer_due(key)
                self._wait(self._active[key[0]].pieces[key[1]])
                woken = True
        return woken

    def follow(self, draft: Draft, now: float) -> None:
        """Take in a draft that has been merged into the board."""
        for job_id in draft.begun_anew:
            self.forget(job_id, now)
        for key, piece in draft.pieces.items():
            if piece.state is not PieceState.LEASED:
                self._end_lease(key, called_off=False, now=now)
        for job in draft.jobs.values():
            if job.id not in self._active:
                self.forget(job.id, now)
        anew = {*draft.begun_anew, *draft.rerouted, *draft.holds}
        for job_id in anew:
            self._line_up_anew(job_id, now, draft.holds.get(job_id, 0.0))
        for key, piece in draft.pieces.items():
            if piece.state is PieceState.WAITING and key[0] in self._active and key[0] not in anew:
                if (delay := draft.delays.get(key)) is not None:
                    self._delay(key, now + delay)
                else:
                    self._wait(piece)

    def _line_up_anew(self, job_id: str, now: float, hold: float) -> None:
        """Whatever of the job waits does so on its present terms. Delays go on."""
        self._queue.withdraw(job_id)
        entry = self._active.get(job_id)
        for piece in entry.pieces.values() if entry is not None else ():
            key = (job_id, piece.index)
            self._suspects.pop(key, None)
            if piece.state is not PieceState.WAITING:
                continue
            until = max(now + hold, self._no_longer_due(key, now))
            if until > now:
                self._delay(key, until)
            else:
                self._wait(piece)

    def _delay(self, key: PieceKey, until: float) -> None:
        self._due.setdefault(key[0], {})[key[1]] = until
        heapq.heappush(self._delayed, (until, key))

    def _no_longer_due(self, key: PieceKey, otherwise: float = 0.0) -> float:
        """When it would have been."""
        of_job = self._due.get(key[0], {})
        until = of_job.pop(key[1], otherwise)
        if not of_job:
            self._due.pop(key[0], None)
        return until

    def load(self) -> None:
        """Begin with all that waits on the board."""
        for entry in self._active:
            for piece in entry.pieces.values():
                if piece.state is PieceState.WAITING:
                    self._wait(piece)

    def forget(self, job_id: str, now: float) -> None:
        """The job is finished: whoever works on a piece of it is to stop."""
        self._queue.withdraw(job_id)
        for key in [key for key in self._suspects if key[0] == job_id]:
            del self._suspects[key]
        self._due.pop(job_id, None)
        for index in tuple(self._by_job.get(job_id, ())):
            self._end_lease((job_id, index), called_off=True, now=now)

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
        self._at_work[lease.engine] += 1
        return lease

    def _suspect_for(self, asked: Exchange, now: float) -> PieceKey | None:
        """A suspect is kept for the first worker that asks, until that one's hands are empty."""
        fitting = (key for key in self._suspects if self._job(key).engine in asked.engines)
        suspect = next(fitting, None)
        if suspect is None:
            return None
        if self._reserved is None or self._reserved[1] <= now:
            self._reserved = (asked.worker, now + self._lease_seconds)
        return suspect if self._reserved[0] == asked.worker else None

    def _end_lease(self, key: PieceKey, *, called_off: bool, now: float) -> None:
        of_job = self._by_job.get(key[0], {})
        token = of_job.pop(key[1], None)
        if token is None:
            return
        if not of_job:
            del self._by_job[key[0]]
        lease = self._leases.pop(token)
        self._at_work[lease.engine] -= 1
        held = self._by_worker[lease.worker]
        del held[token]
        if not held:
            del self._by_worker[lease.worker]
        if called_off:
            self._called_off[token] = now
            self._forget_called_off(now)

    def _forget_called_off(self, now: float) -> None:
        old = now - 10 * self._lease_seconds
        while self._called_off and next(iter(self._called_off.values())) < old:
            self._called_off.popitem(last=False)

    def _wait(self, piece: Piece) -> None:
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
            line=line(piece.index, job),
            remaining=left,
        )

    def _line(self, key: PieceKey) -> str:
        return line(key[1], self._job(key))

    def _job(self, key: PieceKey) -> Job:
        return self._active[key[0]].job
