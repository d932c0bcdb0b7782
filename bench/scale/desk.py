"""The JobManager's desk without the JobManager: the same rules in the same order, but no journal,
no messages and no clock of its own.

What `actors.manager` does between a message and its commit is done here, and what a commit does to
memory. A test has both decide on the same submissions and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from msgspec.structs import replace

from retender.errors import Failure
from retender.jobs.job import Job
from retender.jobs.retry import RetryPolicy
from retender.jobs.submission import Submission, new_job
from retender.scheduling import transitions
from retender.scheduling.dispatcher import Dispatcher, Lease
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.engine_choice import LOCAL, choose_engine
from retender.scheduling.estimates import Estimates
from retender.scheduling.transitions import UsedModel
from retender.workers.orders import Exchange, Failed, Outcome, Prepared, Transcribed

_MADE = UsedModel()


class Desk:
    def __init__(
        self,
        *,
        lease_seconds: float,
        engines: Sequence[str] = (LOCAL,),
        seed: int = 0,
        on_end: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self.now = 0.0
        self.active = ActiveJobs({})
        self.dispatcher = Dispatcher(self.active, 1, lease_seconds)
        self.estimates = Estimates(0.5)
        self.events = 0
        self._engines = tuple(engines)
        self._retry = RetryPolicy()
        self._random = Random(seed)
        self._on_end = on_end

    def submit(self, submission: Submission) -> Job:
        new = new_job(submission, self.now)
        draft = self._draft()
        engine = choose_engine(new.options, self._engines)
        job = transitions.accept(draft, replace(new, engine=engine), None)
        self._commit(draft)
        return job

    def cancel(self, job_id: str) -> None:
        draft = self._draft()
        transitions.cancel(draft, job_id)
        self._commit(draft)

    def exchange(self, asked: Exchange) -> list[Lease]:
        """Takes in what the worker has done, and gives it what is next."""
        draft = self._draft()
        for outcome in asked.outcomes:
            self._take_in(draft, outcome)
        leases = self.dispatcher.choose(asked, self.now)
        for lease in leases:
            if not draft.job(lease.job_id).finished:
                transitions.grant(draft, lease.job_id, lease.index, lease.token)
        self._commit(draft)
        self.estimates.set_parallel(self.dispatcher.leases_by_engine())
        return [lease for lease in leases if lease.job_id in self.active]

    def worker_lost(self, worker: str, failure: Failure) -> None:
        """It died, or fell silent, with this in its hands."""
        draft = self._draft()
        for lease in self.dispatcher.leases_of(worker):
            piece = draft.piece(*lease.key)
            transitions.worker_lost(draft, piece, failure, self._retry, self._random.random())
        self._commit(draft)

    def wake(self) -> bool:
        """Pieces whose delay is over wait again."""
        return self.dispatcher.end_delays(self.now)

    def _take_in(self, draft: Draft, outcome: Outcome) -> None:
        lease = self.dispatcher.lease(outcome.token)
        if lease is None or not draft.leased(lease.key, outcome.token):
            return
        piece = replace(draft.piece(*lease.key), token=outcome.token)
        match outcome:
            case Prepared():
                transitions.prepared(draft, piece, outcome.plan, _MADE)
            case Transcribed():
                transitions.transcribed(draft, piece, outcome.result, _MADE)
                draft.paces.append((lease.engine, piece.seconds, self.now - lease.granted))
            case Failed():
                transitions.failed(
                    draft, piece, outcome.failure, self._retry, self._random.random()
                )
            case _:
                transitions.returned(draft, piece)

    def _draft(self) -> Draft:
        return Draft(self.active, self.now, self.events)

    def _commit(self, draft: Draft) -> None:
        if not draft.writes:
            return
        self.events = draft.position
        self.active.merge(draft)
        self.dispatcher.apply(draft, self.now)
        for job in draft.jobs.values():
            self.estimates.update(job)
            if job.finished:
                self._on_end(job)
        for engine, audio_seconds, taken in draft.paces:
            self.estimates.observe(engine, audio_seconds, taken)
