"""Job: own every job: the only one that opens the journal, and the one that decides.

Receives: submissions, cancellations and questions from outside; results (`exchange`) and
    heartbeats (`renew`) from workers; dead workers from the pool; long polls for the log and for
    deliveries.
Sends: nothing but answers.
A crash: memory is loaded again from the journal, leases are void, finished pieces stay finished;
    open questions end in an error, and their senders ask again.
"""

from __future__ import annotations

from loguru import logger
from msgspec.structs import replace

from actors.limits import EVENTS_PER_PAGE, JOBS_PER_PAGE, TICK
from actors.manager.engine_router import EngineRouter
from actors.manager.housekeeping import Housekeeping
from actors.manager.indexing import Indexing
from actors.manager.intake import Intake
from actors.manager.keeping import Keeping
from actors.manager.leases import LeaseManager
from actors.manager.model_requests import ModelRequests
from actors.manager.outbox import Outbox
from actors.manager.settings import ManagerSettings
from actors.manager.store import JobStore
from actors.manager.texts import Texts
from actors.manager.worker_registry import WorkerInfo, WorkerRegistry
from actors.runtime.api import Context, Later
from retender.audio.peaks import Peaks
from retender.engines.models.overview import ModelInfo
from retender.errors import AlreadyFinished, ConvexNotSetUp, Failure, RetenderError, StorageFull
from retender.jobs.deliveries import CONVEX, WEBHOOKS, Backlog, Delivery, DeliveryExchange
from retender.jobs.events import Event
from retender.jobs.job import Job, Options
from retender.jobs.retention import Retention
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus, LogPage, PoolLoad, QueueInfo, Receipt, Submission
from retender.jobs.trace import TracePage
from retender.journal.api import JournalOpener, Listing, Page
from retender.scheduling import transitions
from retender.storage.audio import Audio
from retender.transcript.edits import Versions
from retender.transcript.pages import Place, TranscriptPage
from retender.transcript.search import Passage
from retender.workers.engine_info import EngineInfo, PoolReport
from retender.workers.orders import Exchange, Orders, Renewal
from retender.workers.reports import WorkerReport


class JobManager:
    def __init__(self, journal: JournalOpener, settings: ManagerSettings) -> None:
        self._open_journal = journal
        self._settings = settings
        self._serving = False

    # Start and stop

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._started_at = ctx.clock.now()
        journal = await self._open_journal()
        recovery = await journal.begin_epoch()
        settings = self._settings
        self._store = JobStore(journal, recovery, ctx.clock, settings)
        registry = WorkerRegistry(recovery.epoch, settings.lease_seconds)
        self._engines = EngineRouter(
            self._store,
            registry,
            ctx.clock,
            engines=settings.engines,
            spill_after=settings.spill_after,
            good_for=settings.lease_seconds,
        )
        self._leases = LeaseManager(
            self._store,
            ctx.clock,
            ctx.random,
            settings.retry,
            registry=registry,
            engines=self._engines,
        )
        self._models = ModelRequests(settings.library, settings.default_model, registry, ctx.clock)
        self._intake = Intake(self._store, self._engines, self._models, ctx.clock, settings)
        self._housekeeping = Housekeeping(self._store)
        self._indexing = Indexing(self._store, ctx, JobManager.indexed, JobManager.not_indexed)
        self._texts = Texts(self._store, ctx.clock)
        self._keeping = Keeping(self._store, ctx.clock)
        self._outbox = Outbox(self._store, ctx.clock, ctx.random)
        self._store.dispatcher.enqueue_all()
        await self._leases.void_old_leases()
        self._store.on_commit = self._serve_soon
        self._store.on_owed = self._tell_soon
        counts = (recovery.epoch, len(recovery.unfinished))
        logger.info("journal open: epoch {}, {} unfinished jobs", *counts)
        ctx.after(TICK, JobManager.tick)
        self._indexing.soon()

    async def stopping(self) -> None:
        self._leases.close()
        self._indexing.close()
        try:
            await self._leases.release_all()
        except StorageFull as full:
            # They are void at the next start in any case.
            logger.warning("leases could not be released: {}", full.message)
        finally:
            await self._store.journal.close()

    async def drain(self, grace: float) -> Later[bool]:
        """Take nothing in and grant no leases. False: the grace time ended before all leases."""
        self._intake.close()
        self._leases.close()
        self._outbox.close()
        return self._leases.empty_handed(grace)

    async def release(self) -> None:
        """End all leases now; workers learn it with their next heartbeat. For a fast stop."""
        await self._leases.release_all()

    # Submissions and questions from outside

    async def submit(self, submission: Submission) -> Receipt:
        """Answered once the job is on disk. A repeated submission is answered with the same job."""
        return await self._placed(await self._intake.submit(submission))

    async def audio_arrived(self, job_id: str, audio: Audio) -> Receipt:
        """The upload of a pending job is complete."""
        return await self._placed(await self._intake.audio_arrived(job_id, audio))

    async def upload_failed(self, job_id: str, failure: Failure) -> Job:
        """The upload of a pending job failed. Jobs in other states stay as they are."""
        return await self._intake.upload_failed(job_id, failure)

    async def admitting(self) -> None:
        """Raises what a submission would be refused with now, before it is uploaded."""
        self._intake.admit()

    async def cancel(self, job_id: str, owner: str | None = None) -> Job:
        """Idempotent. Work under way stops with the worker's next heartbeat."""
        job = await self._store.find(job_id, owner)
        if job.status is Status.CANCELLED:
            return job
        if job.finished:
            raise AlreadyFinished(f"job {job_id} is already {job.status}", status=str(job.status))
        draft = self._store.draft()
        job = transitions.cancel(draft, job_id)
        await self._store.commit(draft)
        return job

    async def forget(self, job_id: str, owner: str | None = None) -> None:
        """Delete the job, which is cancelled first if it is unfinished. Idempotent."""
        await self._keeping.forget(job_id, owner)

    async def retry(self, job_id: str, owner: str | None = None) -> Receipt:
        """Retry a failed job. Finished pieces are not done again."""
        return await self._intake.retry(job_id, owner)

    async def change_options(
        self, job_id: str, options: Options, names: tuple[str, ...], owner: str | None = None
    ) -> Job:
        """Give these options of a job that no worker has begun the values that they have in
        `options`. Raises `AlreadyBegun`."""
        return await self._intake.change_options(job_id, options, names, owner)

    async def status(self, job_id: str, owner: str | None = None) -> Later[JobStatus]:
        return self._texts.later(self._texts.status(job_id, owner))

    async def estimated(self, job_ids: tuple[str, ...]) -> tuple[JobStatus, ...]:
        """The unfinished ones of these jobs, with their places in the queue and the time left."""
        return self._texts.estimated(job_ids)

    async def transcript(
        self,
        job_id: str,
        owner: str | None = None,
        version: int | None = None,
        place: Place | None = None,
    ) -> Later[TranscriptPage]:
        """A page of the transcript so far; of a failed job, everything that its finished pieces
        gave. The first page is that of this version, or of the latest one; the page before says
        where the next one begins. Raises `VersionNotFound`."""
        return self._texts.later(self._texts.page(job_id, owner, version, place))

    async def jobs(self, listing: Listing = Listing()) -> Later[Page]:  # noqa: B008 - frozen
        """A page of jobs, the newest first if nothing else is said; dead letters are `failed`."""
        limit = min(max(1, listing.limit), JOBS_PER_PAGE)
        return self._texts.later(self._texts.journal.jobs(replace(listing, limit=limit)))

    async def passage(self, job_id: str, words: tuple[str, ...]) -> Later[Passage | None]:
        """Where in the job's text most of these words are."""
        return self._texts.later(self._texts.journal.passage(job_id, words))

    async def rename(self, job_id: str, name: str, owner: str | None = None) -> Job:
        """Name the job for people. Raises `InvalidOption`."""
        return await self._keeping.rename(job_id, name, owner)

    async def edit(
        self, job_id: str, after: int, parts: tuple[bytes, ...], owner: str | None = None
    ) -> int:
        """Store the next version of the transcript and return its number. `parts`: its segments,
        packed by `retender.transcript.edits`. Raises `TranscriptChanged` if `after` is not the
        latest version any more."""
        return await self._keeping.edit(job_id, after, parts, owner)

    async def versions(self, job_id: str, owner: str | None = None) -> Later[Versions]:
        """The versions of its transcript that are kept."""
        return self._texts.later(self._texts.versions(job_id, owner))

    async def peaks(self, job_id: str, owner: str | None = None) -> Later[Peaks]:
        """For the waveform of its recording. Raises `NotPrepared` or `NoPeaks`."""
        return self._texts.later(self._texts.peaks(job_id, owner))

    async def info(self) -> QueueInfo:
        store = self._store
        return QueueInfo(
            queue_size=store.count(Status.PENDING, Status.QUEUED),
            active_jobs=store.count(Status.PROCESSING),
            total_jobs=store.count(*Status),
            dead_letters=store.count(Status.FAILED),
            workers=store.dispatcher.workers(self._ctx.clock.monotonic()),
            audio_seconds_waiting=store.dispatcher.seconds_waiting(),
            accepting=self._intake.open,
            started_at=self._started_at,
        )

    # Readers of events

    async def log(self, after: int | None, wait: float = 0.0) -> Later[LogPage]:
        """A long poll: events of all jobs after the position `after`; None means from now on."""
        return await self._store.log(after, wait)

    async def events(
        self, job_id: str, since: int, limit: int = EVENTS_PER_PAGE
    ) -> Later[tuple[Event, ...]]:
        """The job's events numbered above `since`: the first of them, if there are many."""
        events = self._texts.journal.events(job_id, since, min(limit, EVENTS_PER_PAGE))
        return self._texts.later(events)

    async def at_work(self, after: str = "") -> tuple[Job, ...]:
        """The jobs being processed, for a Broadcaster that has just started: a page of those with
        an id after this one, at last an empty one."""
        return self._store.at_work(after)

    async def traces(self, after: int | None, wait: float = 0.0) -> Later[TracePage]:
        """A long poll of the Tracer: what has ended of jobs' lives. Everything up to the position
        `after` has been read, and is not kept any longer."""
        return self._store.traces.read(after, self._ctx.clock.monotonic() + wait)

    # Workers

    async def exchange(self, asked: Exchange) -> Later[Orders]:
        """A worker sends outcomes and gets the next orders; a long poll if there are none."""
        answer = self._leases.exchange(asked)
        self._serve_soon()
        return answer

    async def renew(
        self,
        worker: str,
        instance: str,
        holding: tuple[str, ...],
        report: WorkerReport | None = None,
        heard: tuple[str, ...] = (),
    ) -> Renewal:
        """A heartbeat: renews the leases that the worker holds. The answer says which pieces to go
        on with, and repeats model commands until the worker acknowledges them in `heard`."""
        return await self._leases.renew(worker, instance, holding, report, heard)

    async def worker_down(self, worker: str, cause: str) -> None:
        """The worker died: its pieces, of which one may be the cause, go to others."""
        await self._leases.worker_down(worker, cause)

    async def worker_left(self, worker: str) -> None:
        """The worker stopped as planned, or was killed because it did not stop in time."""
        await self._leases.worker_left(worker)

    async def workers(self) -> tuple[WorkerInfo, ...]:
        """The latest report of each worker."""
        return self._leases.registry.all(self._ctx.clock.monotonic())

    async def models(self) -> Later[tuple[ModelInfo, ...]]:
        """All models that jobs may name, and which workers have them in memory."""
        return self._models.overview()

    async def load_model(self, name: str) -> tuple[str, ...]:
        """Load a model before it is needed. Returns the workers that will do it."""
        return self._models.command("load", name)

    async def unload_model(self, name: str) -> tuple[str, ...]:
        """Unload a model as soon as no job uses it."""
        return self._models.command("unload", name)

    async def engines(self) -> dict[str, EngineInfo]:
        """Engines by name, the preferred one first: whether they take work, and why not."""
        return self._engines.info()

    async def load(self, condition: PoolReport) -> PoolLoad:
        """A pool reports its state and learns how much work waits and which workers are silent."""
        return self._leases.load(condition)

    # Deliveries

    async def deliveries(self, asked: DeliveryExchange) -> Later[tuple[Delivery, ...]]:
        """A long poll: due deliveries of a consumer. It also sends the outcomes of earlier ones."""
        return await self._outbox.exchange(asked)

    async def recall(self, consumer: str) -> None:
        """Answer the waiting poll of this consumer at once, so that it can send outcomes."""
        self._outbox.recall(consumer)

    async def backlog(self, consumer: str = WEBHOOKS) -> Backlog:
        """Deliveries that are still waiting."""
        return await self._outbox.backlog(consumer)

    async def owes(self, job_id: str, consumer: str) -> bool:
        """True if a delivery of this job to this consumer has yet to be made."""
        return await self._outbox.owes(job_id, consumer)

    async def resync(self, job_id: str, owner: str | None = None) -> Job:
        """Send the job to Convex again, as it is now. Raises `ConvexNotSetUp`."""
        job = await self._store.find(job_id, owner)
        self._check_convex()
        await self._outbox.resync(job)
        return job

    async def retry_parked(self) -> int:
        """Make due, batch after batch, the deliveries that Convex refused. Returns their number."""
        self._check_convex()
        backlog = await self._outbox.backlog(CONVEX)
        if await self._outbox.retry_parked(CONVEX):
            self._ctx.after(0, JobManager.retry_parked)
        return backlog.parked

    def _check_convex(self) -> None:
        if not self._settings.convex:
            raise ConvexNotSetUp(
                "this service has no Convex database: CONVEX_URL and CONVEX_API_KEY are not set"
            )

    async def tell(self) -> None:
        """A delivery was added."""
        await self._outbox.added()

    # Time

    async def tick(self) -> None:
        self._ctx.after(TICK, JobManager.tick)
        await self._leases.pass_time()
        self._store.dismiss_readers(self._ctx.clock.monotonic())
        await self._outbox.serve()
        self._serve_soon()

    async def indexed(self, more: bool) -> None:
        """Some of the texts that wait for it were indexed."""
        self._indexing.ended(more=more)

    async def not_indexed(self, error: RetenderError) -> None:
        self._indexing.failed(error)

    async def serve(self) -> None:
        """Record arrived outcomes and answer workers that wait."""
        self._serving = False
        await self._leases.serve()

    async def expire_uploads(self, retention: Retention) -> bool:
        """Fail a batch of the jobs whose upload expired. True: there may be more."""
        return await self._housekeeping.expire_uploads(retention, self._ctx.clock.now())

    async def audio_in_use(
        self, asked: tuple[str, ...], retention: Retention
    ) -> Later[frozenset[str]]:
        """Which of these recordings, named by their hashes, must stay."""
        finished_after = self._ctx.clock.now() - retention.audio_seconds
        return self._texts.later(self._texts.journal.audio_in_use(asked, finished_after))

    async def unfinished(self, asked: tuple[str, ...]) -> frozenset[str]:
        """Which of these jobs are unfinished: their working files must stay."""
        return self._housekeeping.unfinished(asked)

    async def forget_old(self, retention: Retention) -> bool:
        """Delete a batch of the jobs that ended too long ago. True: there may be more."""
        return await self._housekeeping.forget_old(retention, self._ctx.clock.now())

    async def _placed(self, receipt: Receipt) -> Receipt:
        """A new job that would wait too long is moved at once; the receipt says where."""
        if receipt.existing:
            return receipt
        await self._leases.balance()
        return self._intake.renewed(receipt)

    def _serve_soon(self) -> None:
        if not self._serving and self._leases.wanted:
            self._serving = True
            self._ctx.after(0, JobManager.serve)

    def _tell_soon(self) -> None:
        if self._outbox.awaited:
            self._ctx.after(0, JobManager.tell)
