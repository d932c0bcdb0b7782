"""Submissions and retries: which ones are accepted, and as which job."""

from __future__ import annotations

from msgspec.structs import replace

from actors.manager.engine_router import EngineRouter
from actors.manager.model_requests import ModelRequests
from actors.manager.settings import ManagerSettings
from actors.manager.store import JobStore
from actors.runtime.api import Clock
from retender import errors
from retender.jobs.job import Job, Options, cache_key
from retender.jobs.states import Status
from retender.jobs.submission import Receipt, Submission, new_job, same_request
from retender.jobs.trace import UNTRACED, Trace
from retender.journal.api import MatchingJobs
from retender.outbound.webhook_messages import check_callback
from retender.scheduling import transitions
from retender.storage.audio import Audio


class Intake:
    def __init__(
        self,
        store: JobStore,
        engines: EngineRouter,
        models: ModelRequests,
        clock: Clock,
        settings: ManagerSettings,
    ) -> None:
        self._store = store
        self._engines = engines
        self._models = models
        self._clock = clock
        self._max_queue = settings.max_queue
        self._private_callbacks = settings.private_callbacks
        self._languages = settings.languages
        self._shared_cache = settings.shared_cache
        self._traced = settings.traces
        self.open = True

    def close(self) -> None:
        """Nothing new is taken in any more; uploads that have begun may still arrive."""
        self.open = False

    def admit(self) -> None:
        """Raises what a new submission is refused with now."""
        if not self.open:
            raise errors.Draining("the service is stopping; try again shortly", retry_after=10.0)
        waiting = self._store.count(Status.PENDING, Status.QUEUED)
        if waiting >= self._max_queue:
            raise errors.QueueFull(
                f"{waiting} jobs are waiting already, and more are not taken in",
                limit=self._max_queue,
                retry_after=self._store.estimates.until_capacity(),
            )

    async def submit(self, submission: Submission) -> Receipt:
        if submission.callback_url is not None:
            check_callback(submission.callback_url, private=self._private_callbacks)
        submission = self._with_trace(self._with_languages(submission))
        new = new_job(submission, self._clock.now())
        before = await self._precedents(submission, new)
        if before.forgotten:
            raise errors.JobNotFound(f"job {new.id} was forgotten", job_id=new.id)
        if (existing := _existing(submission, before)) is not None:
            return self._receipt(existing, existing=True)
        self.admit()
        if before.known is None:
            new = replace(new, engine=self._engines.choose(new))
            self._models.check(new)
        draft = self._store.draft()
        job = transitions.accept(draft, new, before.known)
        await self._store.commit(draft)
        return self._receipt(job)

    async def audio_arrived(self, job_id: str, audio: Audio) -> Receipt:
        job = await self._store.find(job_id)
        if job.status is not Status.PENDING:
            return self._receipt(job, existing=True)
        known = await self._known(job, audio, job.options)
        draft = self._store.draft()
        job = transitions.audio_arrived(draft, job_id, audio, known)
        await self._store.commit(draft)
        return self._receipt(job)

    async def upload_failed(self, job_id: str, failure: errors.Failure) -> Job:
        job = await self._store.find(job_id)
        if job.status is not Status.PENDING:
            return job
        draft = self._store.draft()
        job = transitions.fail_job(draft, job_id, failure)
        await self._store.commit(draft)
        return job

    async def change_options(
        self, job_id: str, options: Options, names: tuple[str, ...], owner: str | None
    ) -> Job:
        """Give these options of the job the values that they have in `options`."""
        job = await self._store.find(job_id, owner)
        wanted = self._settled(
            replace(job.options, **{name: getattr(options, name) for name in names})
        )
        if wanted == job.options:
            return job
        if job.finished:
            raise errors.AlreadyFinished(
                f"job {job_id} is already {job.status}", status=str(job.status)
            )
        if job.begun:
            raise errors.AlreadyBegun(f"job {job_id} is being worked on already: submit it again")
        known = None if job.audio is None else await self._known(job, job.audio, wanted)
        engine = job.engine
        if known is None:
            changed = replace(job, options=wanted, engine=None)
            engine = self._engines.choose(changed)
            self._models.check(replace(changed, engine=engine))
        draft = self._store.draft()
        job = transitions.options_changed(draft, job_id, wanted, engine, known)
        await self._store.commit(draft)
        return job

    async def retry(self, job_id: str, owner: str | None) -> Receipt:
        job = await self._store.find(job_id, owner)
        if job.status is not Status.FAILED:
            raise errors.NotFailed(
                f"job {job_id} is {job.status}; only a failed job can be retried"
            )
        if job.audio is None:
            raise errors.NotFailed(f"job {job_id} never got its audio; submit it again")
        self.admit()
        self._engines.choose(job)
        stored = await self._store.journal.stored(job_id)
        assert stored is not None
        with self._store.active.reopened(stored):
            draft = self._store.draft()
            transitions.retry(draft, job_id)
            job = self._engines.adopt(draft, job_id)
            await self._store.commit(draft)
        return self._receipt(job)

    def _with_languages(self, submission: Submission) -> Submission:
        """They become options of the job: so they count in its cache key, and stay as they are
        when the setting changes."""
        return replace(submission, options=self._settled(submission.options))

    def _settled(self, options: Options) -> Options:
        options = replace(options, languages=options.languages or self._languages)
        return options.language_settled()

    async def _known(self, job: Job, audio: Audio, options: Options) -> Job | None:
        """A finished job whose text is the one that this job would get."""
        owner = None if self._shared_cache else job.owner
        known = await self._store.journal.completed(cache_key(audio, options), owner)
        return known if known is not None and self._models.would_repeat(known) else None

    def _with_trace(self, submission: Submission) -> Submission:
        """Where no traces are made, a job keeps nothing for its trace but that of its caller, which
        its log lines name."""
        if self._traced:
            return replace(submission, trace=submission.trace or UNTRACED)
        parent = "" if submission.trace is None else submission.trace.parent
        return replace(submission, trace=Trace(parent=parent) if parent else None)

    async def _precedents(self, submission: Submission, new: Job) -> MatchingJobs:
        found = await self._store.journal.matching_jobs(
            submission.job_id,
            owner=submission.owner,
            key=submission.idempotency_key,
            cache_key=new.cache_key,
            shared=self._shared_cache,
        )
        if found.known is not None and not self._models.would_repeat(found.known):
            return replace(found, known=None)
        return found

    def renewed(self, receipt: Receipt) -> Receipt:
        """The receipt with the job's present state."""
        entry = self._store.active.get(receipt.job.id)
        return receipt if entry is None else self._receipt(entry.job)

    def _receipt(self, job: Job, *, existing: bool = False) -> Receipt:
        estimates = self._store.estimates
        seconds = estimates.seconds_until_done(job)
        if not job.finished and (room := self._engines.limited_until(job)) is not None:
            seconds += max(0.0, room - self._clock.now())
        return Receipt(job, estimates.position(job), seconds, existing)


def _existing(submission: Submission, before: MatchingJobs) -> Job | None:
    """The job that this very submission has created before, if any."""
    job = before.same_key
    if job is not None and not same_request(job, submission):
        raise errors.IdempotencyConflict(
            "this idempotency key was used for another recording or other options", job_id=job.id
        )
    return before.same_id or job
