"""Which piece next.

The order, from the strongest rule to the weakest:

1. every `AGEING_TURN`th free choice goes to the job that has gone longest without a turn, whatever
   its priority: so nothing starves. A choice is free when no batch has been begun that it must
   fit, and is counted for each kind of worker by itself;
2. the caller's priority;
3. the caller who has been served least (start-time fair queueing over seconds of audio: a caller
   who returns after a pause is not owed the time away);
4. the job with the least audio left: a short recording passes a long one at the next piece;
5. the job that came first.

Every operation costs the logarithm of the number of waiting jobs, however many pieces they have
and however many kinds of work they are. Changed entries are pushed again; the outdated ones are
thrown away when they surface, or when they have become more than the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

AGEING_TURN = 4
# The share a piece is charged at least: a preparation costs something too.
LEAST_CHARGE = 1.0
# Callers remembered after their last job, so that leaving and returning is no way to the front.
REMEMBERED_CALLERS = 10_000
# So many outdated entries are nothing to tidy up for.
_OUTDATED_AT_LEAST = 64


class CallerKey(NamedTuple):
    """Whoever waits for an engine at a priority: among these, work is shared fairly. What one is
    served elsewhere is no concern of those who are not there."""

    engine: str
    priority: int
    owner: str


class Offer(NamedTuple):
    """A piece that waits, with all that the order depends on."""

    job_id: str
    piece: int
    seconds: float
    owner: str
    priority: int
    engine: str
    line: str
    remaining: float

    @property
    def caller(self) -> CallerKey:
        return CallerKey(self.engine, self.priority, self.owner)

    @property
    def standing(self) -> tuple[str, int, str, str, float]:
        """What its job's place depends on, whichever of its pieces this is."""
        return self.owner, self.priority, self.engine, self.line, self.remaining


class _Ticket:
    """A job with pieces waiting."""

    __slots__ = ("arrived", "pieces", "since", "terms", "version")

    def __init__(self, terms: Offer, arrived: int) -> None:
        self.terms = terms
        self.arrived = arrived
        self.since = arrived
        self.version = 0
        self.pieces: list[tuple[int, float]] = []


class _Tally(NamedTuple):
    """What waits for one engine."""

    pieces: int
    seconds: float


_Head = tuple[tuple[float, ...], str]
"""A job that could be next, with what to compare it by."""


class _WaitingJobs:
    """Waiting jobs among which one is chosen: all of an engine, or those whose pieces may share a
    batch."""

    def __init__(self, tickets: dict[str, _Ticket], served: dict[CallerKey, float]) -> None:
        self.jobs = 0
        self._tickets = tickets
        self._served = served
        self._clear()

    def _clear(self) -> None:
        self._statements = 0
        self._callers: dict[int, list[tuple[float, CallerKey]]] = {}
        self._jobs: dict[CallerKey, list[tuple[float, int, int, str]]] = {}
        self._longest: list[tuple[int, int, int, str]] = []

    def push(self, ticket: _Ticket) -> None:
        """Where the job stands by now."""
        self._push(ticket)
        if self._statements > 2 * self.jobs + _OUTDATED_AT_LEAST:
            self._tidy_up()

    def _push(self, ticket: _Ticket) -> None:
        terms = ticket.terms
        caller = terms.caller
        jobs = self._jobs.setdefault(caller, [])
        if not jobs:
            callers = self._callers.setdefault(terms.priority, [])
            heapq.heappush(callers, (self._served[caller], caller))
        entry = (terms.remaining, ticket.arrived, ticket.version, terms.job_id)
        heapq.heappush(jobs, entry)
        heapq.heappush(self._longest, (ticket.since, ticket.arrived, ticket.version, terms.job_id))
        self._statements += 1

    def _tidy_up(self) -> None:
        valid = [job_id for _, _, version, job_id in self._longest if self._valid(version, job_id)]
        self._clear()
        for job_id in valid:
            self._push(self._tickets[job_id])

    def first(self) -> _Head | None:
        """The job whose turn it is by rules 2 to 5."""
        for priority in sorted(self._callers, reverse=True):
            callers = self._callers[priority]
            while callers:
                stated, caller = callers[0]
                jobs = self._jobs[caller]
                while jobs and not self._valid(jobs[0][2], jobs[0][3]):
                    heapq.heappop(jobs)
                if not jobs:
                    heapq.heappop(callers)
                    del self._jobs[caller]
                elif stated < self._served[caller]:
                    heapq.heapreplace(callers, (self._served[caller], caller))
                else:
                    remaining, arrived, _, job_id = jobs[0]
                    return (-priority, stated, remaining, arrived), job_id
            del self._callers[priority]
        return None

    def longest_waiting(self) -> _Head | None:
        while self._longest:
            since, arrived, version, job_id = self._longest[0]
            if self._valid(version, job_id):
                return (since, arrived), job_id
            heapq.heappop(self._longest)
        return None

    def _valid(self, version: int, job_id: str) -> bool:
        ticket = self._tickets.get(job_id)
        return ticket is not None and ticket.version == version


class FairQueue:
    def __init__(self) -> None:
        self._tickets: dict[str, _Ticket] = {}
        self._engines: dict[str, _WaitingJobs] = {}
        self._lines: dict[str, _WaitingJobs] = {}
        self._served: dict[CallerKey, float] = {}
        self._active: dict[CallerKey, int] = {}
        self._virtual: dict[tuple[str, int], float] = {}
        """By engine and priority: what the caller had been served who came last by rule 3. Nobody
        who comes is taken to have been served less."""
        self._turn = 0
        self._choices: dict[frozenset[str], int] = {}
        self._arrivals = 0
        self._statements = 0
        self._tallies: dict[str, _Tally] = {}

    def __len__(self) -> int:
        return sum(tally.pieces for tally in self._tallies.values())

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._tickets

    def seconds(self, engine: str | None = None) -> float:
        """Audio in all pieces that wait: for one engine, or for any."""
        tallies = self._tallies.items()
        return sum(tally.seconds for name, tally in tallies if engine in {None, name})

    def offer(self, offer: Offer) -> None:
        """The piece waits. Its terms hold for the whole job from now on; the engine is one for as
        long as anything of the job waits."""
        ticket = self._tickets.get(offer.job_id)
        if ticket is None:
            self._arrivals += 1
            ticket = self._tickets[offer.job_id] = _Ticket(offer, self._arrivals)
            ticket.since = self._turn
            self._enter(offer.caller)
            self._join(offer)
            self._restate(ticket, offer)
        elif ticket.terms.standing != offer.standing:
            self._leave(ticket.terms)
            self._join(offer)
            self._restate(ticket, offer)
        heapq.heappush(ticket.pieces, (offer.piece, offer.seconds))
        self._count(offer.engine, 1, offer.seconds)

    def withdraw(self, job_id: str) -> None:
        """None of the job's pieces waits any more."""
        ticket = self._tickets.get(job_id)
        if ticket is not None:
            seconds = sum(seconds for _, seconds in ticket.pieces)
            self._count(ticket.terms.engine, -len(ticket.pieces), -seconds)
            self._remove(ticket)

    def take(self, engines: Collection[str], line: str | None = None) -> tuple[str, int] | None:
        """The next piece for a worker that has these engines; out of this line, if one is named."""
        job_id, fairly = self._choose(engines, line)
        if job_id is None:
            return None
        ticket = self._tickets[job_id]
        index, seconds = heapq.heappop(ticket.pieces)
        self._count(ticket.terms.engine, -1, -seconds)
        self._turn += 1
        caller = ticket.terms.caller
        if fairly:
            self._virtual[caller[:2]] = max(self._least(caller), self._served[caller])
        self._served[caller] += max(seconds, LEAST_CHARGE)
        ticket.since = self._turn
        if ticket.pieces:
            left = max(0.0, ticket.terms.remaining - seconds)
            self._restate(ticket, ticket.terms._replace(remaining=left))
        else:
            self._remove(ticket)
        return job_id, index

    def put_back(self, offer: Offer) -> None:
        """Undo a `take`: the piece could not be given out after all."""
        caller = offer.caller
        served = self._served.get(caller, self._least(caller))
        self._served[caller] = served - max(offer.seconds, LEAST_CHARGE)
        self.offer(offer)

    def _choose(self, engines: Collection[str], line: str | None) -> tuple[str | None, bool]:
        """The job, and whether its caller is the one whose turn it is among all. One that goes
        with a batch, or is the longest waiting, may be of a caller far ahead of the others: if
        that moved the time on, whoever came next would stand behind all who wait."""
        if line is not None:
            return self._foremost(self._lines, (line,), _WaitingJobs.first), False
        kind = frozenset(engines)
        choices = self._choices.get(kind, 0) + 1
        rule = _WaitingJobs.first if choices % AGEING_TURN else _WaitingJobs.longest_waiting
        job_id = self._foremost(self._engines, engines, rule)
        if job_id is not None:
            self._choices[kind] = choices
        return job_id, rule is _WaitingJobs.first

    def _foremost(
        self,
        lines: Mapping[str, _WaitingJobs],
        names: Collection[str],
        rule: Callable[[_WaitingJobs], _Head | None],
    ) -> str | None:
        found = (rule(lines[name]) for name in names if name in lines)
        heads = [head for head in found if head is not None]
        return min(heads)[1] if heads else None

    def _restate(self, ticket: _Ticket, terms: Offer) -> None:
        # No statement of an earlier ticket of the same job may pass for one of this.
        self._statements += 1
        ticket.version = self._statements
        ticket.terms = terms
        for lines, name in self._where(terms):
            lines[name].push(ticket)

    def _where(self, terms: Offer) -> tuple[tuple[dict[str, _WaitingJobs], str], ...]:
        return (self._engines, terms.engine), (self._lines, terms.line)

    def _join(self, terms: Offer) -> None:
        for lines, name in self._where(terms):
            line = lines.get(name)
            if line is None:
                line = lines[name] = _WaitingJobs(self._tickets, self._served)
            line.jobs += 1

    def _leave(self, terms: Offer) -> None:
        for lines, name in self._where(terms):
            lines[name].jobs -= 1
            if not lines[name].jobs:
                del lines[name]

    def _remove(self, ticket: _Ticket) -> None:
        del self._tickets[ticket.terms.job_id]
        self._leave(ticket.terms)
        caller = ticket.terms.caller
        self._active[caller] -= 1
        if not self._active[caller]:
            del self._active[caller]
            self._forget_callers()

    def _count(self, engine: str, pieces: int, seconds: float) -> None:
        before = self._tallies.get(engine, _Tally(0, 0.0))
        after = _Tally(before.pieces + pieces, before.seconds + seconds)
        if after.pieces:
            self._tallies[engine] = after
        else:
            # The seconds that are left are errors of rounding.
            del self._tallies[engine]

    def _enter(self, caller: CallerKey) -> None:
        if caller not in self._active:
            self._served[caller] = max(self._served.get(caller, 0.0), self._least(caller))
        self._active[caller] = self._active.get(caller, 0) + 1

    def _least(self, caller: CallerKey) -> float:
        return self._virtual.get(caller[:2], 0.0)

    def _forget_callers(self) -> None:
        if len(self._served) > REMEMBERED_CALLERS + len(self._active):
            idle = (caller for caller in self._served if caller not in self._active)
            for caller in sorted(idle, key=self._served.__getitem__)[: REMEMBERED_CALLERS // 2]:
                del self._served[caller]
