"""Owns every job: the only one that opens the journal, and the one that decides.

Receives: submissions, cancellations and questions from outside; from workers what they have done
    and whether they live (`exchange`, `renew`); from the pool, which worker died.
Sends: nothing unasked. Followers (`log`) and workers (`exchange`) wait here for what comes.
A crash: memory is read again from the journal, leases of the old life are void, finished pieces
    stay finished; whoever had asked is told, and asks again.
"""

from __future__ import annotations

import msgspec
from loguru import logger

from actors.foreman import Foreman
from actors.ledger import Ledger
from actors.runtime.api import Context, Later
from retender import rulings
from retender.errors import (
    AlreadyFinished,
    Draining,
    IdempotencyConflict,
    NotFailed,
    QueueFull,
    StorageFull,
    UploadExpired,
)
from retender.events import Event
from retender.jobs import Audio, Job, cache_key
from retender.journal.api import JournalOpener, Page, Precedents
from retender.limits import EVENTS_PER_PAGE, FORGOTTEN_AT_ONCE, JOBS_PER_PAGE, TICK
from retender.retention import Needed, Retention
from retender.retry import RetryPolicy
from retender.states import Status
from retender.submission import (
    JobStatus,
    Load,
    LogPage,
    QueueInfo,
    Receipt,
    Submission,
    new_job,
    same_request,
)
from retender.transcript import Transcript
from retender.work import Exchange, Orders, Verdict


class ManagerSettings(msgspec.Struct, frozen=True, kw_only=True):
    max_queue: int = 1000
    lease_seconds: float = 15.0
    retry: RetryPolicy = RetryPolicy()
    default_factor: float = 0.5
    """Seconds a worker takes for a second of audio, until something has been measured."""


class JobManager:
    def __init__(self, journal: JournalOpener, settings: ManagerSettings) -> None:
        self._open_journal = journal
        self._settings = settings
        self._draining = False
        self._serving = False

    # Its life

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        journal = await self._open_journal()
        recovery = await journal.begin_epoch()
        self._ledger = Ledger(
            journal,
            recovery,
            ctx.clock,
            lease_seconds=self._settings.lease_seconds,
            default_factor=self._settings.default_factor,
        )
        self._foreman = Foreman(self._ledger, ctx.clock, ctx.random, self._settings.retry)
        self._ledger.dispatcher.load()
        await self._foreman.void_old_leases()
        self._ledger.on_commit = self._serve_soon
        unfinished = len(recovery.unfinished)
        logger.info("journal open: epoch {}, {} unfinished jobs", recovery.epoch, unfinished)
        ctx.after(TICK, JobManager.tick)

    async def stopping(self) -> None:
        self._foreman.close()
        try:
            await self._foreman.release_all()
        except StorageFull as full:
            # In the next life they are void all the same.
            logger.warning("leases are left to run out: {}", full.message)
        finally:
            await self._ledger.journal.close()

    async def drain(self, grace: float) -> Later[bool]:
        """Take nothing new in and give nothing more out. Answered when nothing is in hand any
        more, or when the grace time is over; true if all was turned in."""
        self._draining = True
        self._foreman.close()
        return self._foreman.empty_handed(grace)

    # Asked from outside

    async def submit(self, submission: Submission) -> Receipt:
        new = new_job(submission, self._ctx.clock.now())
        before = await self._precedents(submission, new)
        if (existing := _existing(submission, before)) is not None:
            return self._receipt(existing, existing=True)
        self._admit()
        draft = self._ledger.draft()
        job = rulings.accept(draft, new, before.known)
        await self._ledger.commit(draft)
        return self._receipt(job)

    async def audio_arrived(self, job_id: str, audio: Audio) -> Receipt:
        """The upload of a pending job is whole."""
        job = await self._ledger.find(job_id)
        if job.status is not Status.PENDING:
            return self._receipt(job, existing=True)
        known = await self._ledger.journal.completed(cache_key(audio, job.options))
        draft = self._ledger.draft()
        job = rulings.audio_arrived(draft, job_id, audio, known)
        await self._ledger.commit(draft)
        return self._receipt(job)

    async def cancel(self, job_id: str, owner: str | None = None) -> Job:
        """Idempotent. Work in hand stops with its next sign of life."""
        job = await self._ledger.find(job_id, owner)
        if job.status is Status.CANCELLED:
            return job
        if job.finished:
            raise AlreadyFinished(f"job {job_id} is already {job.status}", status=str(job.status))
        draft = self._ledger.draft()
        job = rulings.cancel(draft, job_id)
        await self._ledger.commit(draft)
        return job

    async def retry(self, job_id: str, owner: str | None = None) -> Receipt:
        """Give a failed job another chance. What it has finished is not done again."""
        job = await self._ledger.find(job_id, owner)
        if job.status is not Status.FAILED:
            raise NotFailed(f"job {job_id} is {job.status}; only a failed job can be retried")
        if job.audio is None:
            raise NotFailed(f"job {job_id} never got its audio; submit it again")
        self._admit()
        stored = await self._ledger.journal.stored(job_id)
        assert stored is not None
        with self._ledger.board.revived(stored):
            draft = self._ledger.draft()
            job = rulings.revive(draft, job_id)
            await self._ledger.commit(draft)
        return self._receipt(job)

    async def status(self, job_id: str, owner: str | None = None) -> JobStatus:
        job = await self._ledger.find(job_id, owner)
        estimates = self._ledger.estimates
        return JobStatus(job, estimates.position(job), estimates.remaining(job))

    async def transcript(self, job_id: str, owner: str | None = None) -> Transcript:
        """The text as far as it goes; of a failed job, all that its finished pieces gave."""
        job = await self._ledger.find(job_id, owner)
        segments = await self._ledger.journal.segments(job_id)
        if job.status is Status.FAILED:
            stored = await self._ledger.journal.stored(job_id)
            assert stored is not None
            segments += rulings.beyond_the_gap(stored)
        end = job.completed_at or self._ctx.clock.now()
        return Transcript(
            segments=segments,
            language=job.language,
            language_probability=job.language_probability,
            duration=job.duration or 0.0,
            processing_time=max(0.0, end - job.started_at) if job.started_at else 0.0,
            model=job.model or job.options.model,
            engine=job.engine or job.options.engine,
        )

    async def jobs(
        self,
        owner: str | None = None,
        status: Status | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """Newest first. Dead letters are the failed ones."""
        limit = min(max(1, limit), JOBS_PER_PAGE)
        return await self._ledger.journal.jobs(
            owner=owner, status=status, limit=limit, cursor=cursor
        )

    async def info(self) -> QueueInfo:
        ledger = self._ledger
        return QueueInfo(
            queue_size=ledger.count(Status.PENDING, Status.QUEUED),
            active_jobs=ledger.count(Status.PROCESSING),
            total_jobs=ledger.count(*Status),
            dead_letters=ledger.count(Status.FAILED),
            workers=ledger.dispatcher.workers(self._ctx.clock.monotonic()),
            audio_seconds_waiting=ledger.dispatcher.seconds_waiting,
            accepting=not self._draining,
        )

    # Followers

    async def log(self, after: int | None, wait: float = 0.0) -> Later[LogPage]:
        """Events of all jobs placed after `after`, as soon as there are any. None: from now on."""
        return await self._ledger.log(after, wait)

    async def events(
        self, job_id: str, since: int, limit: int = EVENTS_PER_PAGE
    ) -> tuple[Event, ...]:
        """The job's events numbered above `since`."""
        return await self._ledger.journal.events(job_id, since, min(limit, EVENTS_PER_PAGE))

    async def at_work(self) -> tuple[Job, ...]:
        """The jobs that have been begun, for a follower that begins anew."""
        jobs = (entry.job for entry in self._ledger.board)
        return tuple(job for job in jobs if job.status is Status.PROCESSING)

    # Workers

    async def exchange(self, asked: Exchange) -> Later[Orders]:
        """A worker turns in what it has and gets what is next; or waits for it here."""
        answer = self._foreman.exchange(asked)
        self._serve_soon()
        return answer

    async def renew(self, worker: str, life: str, holding: tuple[str, ...]) -> dict[str, Verdict]:
        """A sign of life for all that the worker holds; the answer says what to go on with."""
        return await self._foreman.renew(worker, life, holding)

    async def worker_down(self, worker: str, cause: str) -> None:
        """The worker died: what it held was perhaps the cause, and goes elsewhere."""
        await self._foreman.worker_down(worker, cause)

    async def load(self) -> Load:
        """For the pool: how much there is to do, and who has fallen silent over it."""
        return self._foreman.load()

    # Time

    async def tick(self) -> None:
        self._ctx.after(TICK, JobManager.tick)
        await self._foreman.pass_time()
        self._ledger.dismiss_readers(self._ctx.clock.monotonic())
        self._serve_soon()

    async def serve(self) -> None:
        """Work has come for those who wait for it, or from those who have done it."""
        self._serving = False
        await self._foreman.serve()

    async def needed(self, retention: Retention) -> Needed:
        """Forget what is past its time, and say which files must stay."""
        now = self._ctx.clock.now()
        await self._expire_uploads(retention, now)
        await self._forget_jobs(now - retention.job_seconds)
        audio = await self._ledger.journal.audio_in_use(now - retention.audio_seconds)
        return Needed(audio, frozenset(entry.job.id for entry in self._ledger.board))

    async def _expire_uploads(self, retention: Retention, now: float) -> None:
        expired = [e for e in self._ledger.board if retention.upload_expired(e.job, now)]
        for entry in expired:
            draft = self._ledger.draft()
            failure = UploadExpired("the upload was not finished in time").failure()
            rulings.fail(draft, entry.job.id, failure)
            await self._ledger.commit(draft)

    async def _forget_jobs(self, finished_before: float) -> None:
        old = await self._ledger.journal.finished_before(finished_before, FORGOTTEN_AT_ONCE)
        for job_id in old:
            draft = self._ledger.draft()
            draft.forget(await self._ledger.find(job_id))
            await self._ledger.commit(draft)

    def _serve_soon(self) -> None:
        if not self._serving and self._foreman.wanted:
            self._serving = True
            self._ctx.after(0, JobManager.serve)

    # Admission

    async def _precedents(self, submission: Submission, new: Job) -> Precedents:
        return await self._ledger.journal.precedents(
            submission.job_id,
            owner=submission.owner,
            key=submission.idempotency_key,
            cache_key=new.cache_key,
        )

    def _admit(self) -> None:
        if self._draining:
            raise Draining("the service is stopping; try again shortly", retry_after=10.0)
        waiting = self._ledger.count(Status.PENDING, Status.QUEUED)
        if waiting >= self._settings.max_queue:
            raise QueueFull(
                f"{waiting} jobs are waiting already, and more are not taken in",
                limit=self._settings.max_queue,
                retry_after=self._ledger.estimates.until_room(),
            )

    def _receipt(self, job: Job, *, existing: bool = False) -> Receipt:
        estimates = self._ledger.estimates
        return Receipt(job, estimates.position(job), estimates.whole(job), existing)


def _existing(submission: Submission, before: Precedents) -> Job | None:
    """The job that this submission has made before, if it has."""
    job = before.same_key
    if job is not None and not same_request(job, submission):
        raise IdempotencyConflict(
            "this idempotency key was used for another recording or other options", job_id=job.id
        )
    return before.same_id or job
