"""Decides which waiting piece is given out next.

The rules, from the strongest to the weakest:

1. Ageing: every `AGEING_TURN`th free choice goes to the job that has waited longest for a turn,
   whatever its priority, so that no job starves. A choice is free if the piece need not fit a
   batch that was begun. Free choices are counted separately for each set of engines.
2. Priority: the caller's number, the highest first.
3. Fairness: the caller who has been served the fewest seconds of audio (start-time fair queueing:
   a caller who comes back after a pause has no claim to the time when it was away).
4. The job with the least audio left: a short recording passes a long one at the next piece.
5. The job that came first.

The data structure. A worker chooses among the jobs of its engines, or among those whose pieces fit
its batch:

    engine    ──┐                ┌─ priority ── heap of callers, least served first     rules 2, 3
                ├─ _Candidates ──┤                └─ heap of jobs, least audio first     rules 4, 5
    batch key ──┘                └─ heap of jobs, longest without a turn first           rule 1

An entry of a heap is never changed. If the rank of a job changes, new entries are pushed, and the
old ones are thrown away when they reach the top or when they are the majority (lazy deletion). So
every operation costs the logarithm of the number of waiting jobs.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

AGEING_TURN = 4

LEAST_CHARGE = 1.0
"""A caller is charged at least so many seconds for a piece: a preparation costs something too."""

REMEMBERED_CALLERS = 10_000
"""Callers without waiting jobs whose served seconds are kept: else a caller could leave and come
back to be served first."""

LOOK_AHEAD = 12
"""For a batch, so many of the job's next pieces are looked at for one that is alike. With more, the
reader would wait for text in the middle."""

_OUTDATED_AT_LEAST = 64
"""Fewer outdated entries than this are not worth a cleanup."""


class CallerKey(NamedTuple):
    """A caller, for one engine and at one priority. Work is shared fairly among the callers who
    wait for the same engine at the same priority; what they are served elsewhere does not count."""

    engine: str
    priority: int
    owner: str


class Offer(NamedTuple):
    """A waiting piece, with everything that its order depends on."""

    job_id: str
    piece: int
    seconds: float
    """Of audio in this piece."""
    owner: str
    priority: int
    engine: str
    batch_key: str
    remaining: float
    """Seconds of audio left in the whole job."""
    input_seconds: float
    """Pieces for which the model is given equally much are computed together."""

    @property
    def caller(self) -> CallerKey:
        return CallerKey(self.engine, self.priority, self.owner)

    @property
    def rank_terms(self) -> tuple[str, int, str, str, float]:
        """What the rank of the job depends on; the same for all its pieces."""
        return self.owner, self.priority, self.engine, self.batch_key, self.remaining


class Together(NamedTuple):
    """What the pieces of one batch have in common."""

    batch_key: str
    input_seconds: float


class _WaitingPiece(NamedTuple):
    piece: int
    seconds: float
    input_seconds: float


class _WaitingJob:
    """A job with waiting pieces."""

    __slots__ = ("arrived", "last_turn", "pieces", "terms", "version")

    def __init__(self, terms: Offer, arrived: int, turn: int) -> None:
        self.terms = terms
        """The newest offer: its `rank_terms` hold for the whole job."""
        self.arrived = arrived
        self.last_turn = turn
        """The number of the turn in which it last got something, or in which it came."""
        self.version = 0
        """Heap entries with another version are outdated."""
        self.pieces: list[_WaitingPiece] = []
        """In order."""

    def place(self, together: Together | None) -> int | None:
        """Of the next piece, or of the next one for this batch, if it is near."""
        if together is None:
            return 0
        near = enumerate(self.pieces[:LOOK_AHEAD])
        return next((n for n, each in near if each.input_seconds == together.input_seconds), None)


class _Total(NamedTuple):
    """What waits for one engine."""

    pieces: int
    seconds: float


_Ranked = tuple[tuple[float, ...], str]
"""A rank and the id of its job. The lowest rank is next."""


class _Candidates:
    """The waiting jobs of one engine, or of one batch key, in their two orders."""

    def __init__(self, waiting: dict[str, _WaitingJob], served: dict[CallerKey, float]) -> None:
        self.jobs = 0
        self._waiting = waiting
        self._served = served
        self._clear()

    def _clear(self) -> None:
        self._entries = 0
        self._callers: dict[int, list[tuple[float, CallerKey]]] = {}
        self._jobs: dict[CallerKey, list[tuple[float, int, int, str]]] = {}
        self._oldest: list[tuple[int, int, int, str]] = []

    def push(self, job: _WaitingJob) -> None:
        """Add entries with the present rank of the job."""
        self._push(job)
        if self._entries > 2 * self.jobs + _OUTDATED_AT_LEAST:
            current = [entry[3] for entry in self._oldest if self._is(*entry[2:])]
            self._clear()
            for job_id in current:
                self._push(self._waiting[job_id])

    def _push(self, job: _WaitingJob) -> None:
        terms, caller = job.terms, job.terms.caller
        jobs = self._jobs.setdefault(caller, [])
        if not jobs:
            callers = self._callers.setdefault(terms.priority, [])
            heapq.heappush(callers, (self._served[caller], caller))
        heapq.heappush(jobs, (terms.remaining, job.arrived, job.version, terms.job_id))
        heapq.heappush(self._oldest, (job.last_turn, job.arrived, job.version, terms.job_id))
        self._entries += 1

    def first(self) -> _Ranked | None:
        """The next job by rules 2 to 5."""
        for priority in sorted(self._callers, reverse=True):
            callers = self._callers[priority]
            while callers:
                served, caller = callers[0]
                jobs = self._jobs[caller]
                while jobs and not self._is(jobs[0][2], jobs[0][3]):
                    heapq.heappop(jobs)
                if not jobs:
                    heapq.heappop(callers)
                    del self._jobs[caller]
                elif served < self._served[caller]:
                    heapq.heapreplace(callers, (self._served[caller], caller))
                else:
                    remaining, arrived, _, job_id = jobs[0]
                    return (-priority, served, remaining, arrived), job_id
            del self._callers[priority]
        return None

    def longest_waiting(self) -> _Ranked | None:
        """The next job by rule 1."""
        while self._oldest:
            last_turn, arrived, version, job_id = self._oldest[0]
            if self._is(version, job_id):
                return (last_turn, arrived), job_id
            heapq.heappop(self._oldest)
        return None

    def _is(self, version: int, job_id: str) -> bool:
        """Whether an entry of this version still holds."""
        job = self._waiting.get(job_id)
        return job is not None and job.version == version


class FairQueue:
    def __init__(self) -> None:
        self._waiting: dict[str, _WaitingJob] = {}
        self._by_engine: dict[str, _Candidates] = {}
        self._by_batch_key: dict[str, _Candidates] = {}
        self._totals: dict[str, _Total] = {}
        self._served: dict[CallerKey, float] = {}
        """Seconds of audio that each caller has been served (its virtual time)."""
        self._virtual_time: dict[tuple[str, int], float] = {}
        """By engine and priority: the served seconds of the caller chosen last by rule 3. A caller
        who comes is taken to have been served at least as much."""
        self._jobs_of: dict[CallerKey, int] = {}
        self._turn = 0
        self._choices: dict[frozenset[str], int] = {}
        self._arrivals = 0
        self._versions = 0

    def __len__(self) -> int:
        """How many pieces wait."""
        return sum(total.pieces for total in self._totals.values())

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._waiting

    def seconds(self, engine: str | None = None) -> float:
        """Seconds of audio in all waiting pieces: of one engine, or of all."""
        totals = self._totals.items()
        return sum(total.seconds for name, total in totals if engine in {None, name})

    def offer(self, offer: Offer) -> None:
        """Add a piece. Its rank terms replace those of the whole job; but the engine of a job must
        not change while pieces of it wait."""
        job = self._waiting.get(offer.job_id)
        if job is None:
            self._arrivals += 1
            job = self._waiting[offer.job_id] = _WaitingJob(offer, self._arrivals, self._turn)
            self._add_caller(offer.caller)
            self._join(offer)
            self._update_rank(job, offer)
        elif job.terms.rank_terms != offer.rank_terms:
            self._leave(job.terms)
            self._join(offer)
            self._update_rank(job, offer)
        insort(job.pieces, _WaitingPiece(offer.piece, offer.seconds, offer.input_seconds))
        self._count(offer.engine, 1, offer.seconds)

    def withdraw(self, job_id: str) -> None:
        """Remove all pieces of the job."""
        job = self._waiting.get(job_id)
        if job is not None:
            seconds = sum(piece.seconds for piece in job.pieces)
            self._count(job.terms.engine, -len(job.pieces), -seconds)
            self._remove(job)

    def take(
        self, engines: Collection[str], together: Together | None = None
    ) -> tuple[str, int] | None:
        """Remove and return the next piece for a worker with these engines: job id and index.
        `together`: only a piece that fits the batch that was begun."""
        job_id, by_fairness = self._choose(engines, together and together.batch_key)
        if job_id is None:
            return None
        job = self._waiting[job_id]
        place = job.place(together)
        if place is None:
            return None
        index, seconds, _ = job.pieces.pop(place)
        self._count(job.terms.engine, -1, -seconds)
        self._turn += 1
        caller = job.terms.caller
        if by_fairness:
            self._virtual_time[caller[:2]] = max(self._least(caller), self._served[caller])
        self._served[caller] += max(seconds, LEAST_CHARGE)
        job.last_turn = self._turn
        if job.pieces:
            left = max(0.0, job.terms.remaining - seconds)
            self._update_rank(job, job.terms._replace(remaining=left))
        else:
            self._remove(job)
        return job_id, index

    def put_back(self, offer: Offer) -> None:
        """Undo a `take`: the piece could not be given out after all."""
        caller = offer.caller
        served = self._served.get(caller, self._least(caller))
        self._served[caller] = served - max(offer.seconds, LEAST_CHARGE)
        self.offer(offer)

    def _choose(self, engines: Collection[str], batch_key: str | None) -> tuple[str | None, bool]:
        """The next job, and whether rule 3 chose its caller among all callers.

        Only then may the virtual time advance. A job that fills a batch, or has waited longest,
        may belong to a caller who was served far more than the others: if that advanced the time,
        every new caller would be placed behind all who wait.
        """
        if batch_key is not None:
            return self._best(self._by_batch_key, (batch_key,), _Candidates.first), False
        kind = frozenset(engines)
        choices = self._choices.get(kind, 0) + 1
        rule = _Candidates.first if choices % AGEING_TURN else _Candidates.longest_waiting
        job_id = self._best(self._by_engine, engines, rule)
        if job_id is not None:
            self._choices[kind] = choices
        return job_id, rule is _Candidates.first

    def _best(
        self,
        groups: Mapping[str, _Candidates],
        names: Collection[str],
        rule: Callable[[_Candidates], _Ranked | None],
    ) -> str | None:
        found = (rule(groups[name]) for name in names if name in groups)
        ranked = [each for each in found if each is not None]
        return min(ranked)[1] if ranked else None

    def _update_rank(self, job: _WaitingJob, terms: Offer) -> None:
        # Versions are unique in the queue: a job that left and came back never matches the entries
        # from before.
        self._versions += 1
        job.version = self._versions
        job.terms = terms
        for groups, name in self._groups(terms):
            groups[name].push(job)

    def _groups(self, terms: Offer) -> tuple[tuple[dict[str, _Candidates], str], ...]:
        return (self._by_engine, terms.engine), (self._by_batch_key, terms.batch_key)

    def _join(self, terms: Offer) -> None:
        for groups, name in self._groups(terms):
            if name not in groups:
                groups[name] = _Candidates(self._waiting, self._served)
            groups[name].jobs += 1

    def _leave(self, terms: Offer) -> None:
        for groups, name in self._groups(terms):
            groups[name].jobs -= 1
            if not groups[name].jobs:
                del groups[name]

    def _remove(self, job: _WaitingJob) -> None:
        del self._waiting[job.terms.job_id]
        self._leave(job.terms)
        caller = job.terms.caller
        self._jobs_of[caller] -= 1
        if not self._jobs_of[caller]:
            del self._jobs_of[caller]
            self._forget_callers()

    def _count(self, engine: str, pieces: int, seconds: float) -> None:
        before = self._totals.get(engine, _Total(0, 0.0))
        after = _Total(before.pieces + pieces, before.seconds + seconds)
        if after.pieces:
            self._totals[engine] = after
        else:
            # Without pieces the seconds left are rounding errors.
            del self._totals[engine]

    def _add_caller(self, caller: CallerKey) -> None:
        if caller not in self._jobs_of:
            self._served[caller] = max(self._served.get(caller, 0.0), self._least(caller))
        self._jobs_of[caller] = self._jobs_of.get(caller, 0) + 1

    def _least(self, caller: CallerKey) -> float:
        """What a caller who comes now is taken to have been served."""
        return self._virtual_time.get(caller[:2], 0.0)

    def _forget_callers(self) -> None:
        if len(self._served) > REMEMBERED_CALLERS + len(self._jobs_of):
            idle = (caller for caller in self._served if caller not in self._jobs_of)
            for caller in sorted(idle, key=self._served.__getitem__)[: REMEMBERED_CALLERS // 2]:
                del self._served[caller]
