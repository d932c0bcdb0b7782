"""Job: keep the jobs in an application's Convex database up to date.
Receives: pages of the log; `status` from the processes that serve /health and /metrics; `retry`.
Sends: `deliveries` (a long poll that also carries outcomes), `status`, `segments`, `owes`, `jobs`
    and `backlog` to the JobManager; `latest` and `latest_of` to the Broadcaster.
A crash: ends are in the outbox and are sent again. Progress of all unfinished jobs is sent anew.

How a job ended comes from the outbox, in order, and is never given up. Everything before that is
progress: it is read at the moment of sending, so only the latest is sent, and nothing waits in
memory but ids. Of one job at most one request is under way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

from loguru import logger

from actors import limits
from actors.broadcasting.broadcaster import Broadcaster
from actors.delivery.convex_client import ConvexClient, ConvexSettings
from actors.delivery.convex_end import end_messages
from actors.delivery.outbox_reader import OutboxReader
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.page_reader import RETRY_SECONDS, PageReader
from actors.runtime.api import Context
from retender.errors import JobNotFound, RetenderError
from retender.jobs.deliveries import CONVEX, Backlog, Delivery, DeliveryOutcome
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import LogPage
from retender.journal.api import Listing, Page
from retender.outbound import convex_messages as messages
from retender.outbound.convex_answers import ConvexAnswer
from retender.outbound.convex_status import ConvexStatus
from retender.outbound.limits import CONVEX_JOBS, CONVEX_PROGRESS_SECONDS
from retender.outbound.outage import Outage
from retender.outbound.progress_queue import ProgressQueue, Turn

BACKLOG_EVERY = 5.0
"""Seconds between two questions about what waits in the outbox."""
OWED_SECONDS = 5.0
"""A job whose earlier end has not been sent is asked about again after so long."""
_EARLY = 0.05
"""Timers may ring a moment too early; one that rings earlier than that is an old one."""

MOVING = frozenset({Status.PENDING, Status.PROCESSING})
UNFINISHED = (Status.PROCESSING, Status.QUEUED, Status.PENDING)


class Sent(NamedTuple):
    """How an update of progress went. `answer` is None if there was nothing to send."""

    turn: Turn
    answer: ConvexAnswer | None = None
    progress: float = 0.0
    wait: float = 0.0
    """Seconds until it is to be tried again, if nothing could be sent."""
    gone: bool = False


class ConvexSync(OutboxReader):
    CONSUMER = CONVEX

    def __init__(self, settings: ConvexSettings) -> None:
        super().__init__()
        self._settings = settings
        self._outage = Outage()
        self._queue = ProgressQueue(CONVEX_JOBS, CONVEX_PROGRESS_SECONDS)
        self._posting: dict[str, asyncio.Event] = {}
        """Jobs of which progress is being sent; set when that is over."""
        self._ending: Counter[str] = Counter()
        """Jobs of which an end is being sent, or waits for their progress to be over."""
        self._backlog = Backlog()
        self._answers: Counter[str] = Counter()
        self._last_error = ""
        self._last_error_at: float | None = None
        self._turn_at = 0.0
        self._probing = False
        self._unlisted: list[tuple[Status, str | None]] = []
        """Pages of unfinished jobs that have yet to be read."""

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        self._log = PageReader(
            ctx, JobManager.log, ConvexSync.take_page, ConvexSync.log_unavailable
        )
        self._client = ConvexClient(self._settings, ctx.clock, ctx.random)
        self._broadcaster = ctx.ref(Broadcaster, BROADCASTER)
        ctx.after(0, ConvexSync.ask_deliveries)
        ctx.after(0, ConvexSync.ask_backlog)
        ctx.after(CONVEX_PROGRESS_SECONDS, ConvexSync.ask_progress)

    async def stopping(self) -> None:
        """Requests under way are dropped: the next start makes them again."""
        await self._client.close()

    # What is asked of it

    async def status(self) -> ConvexStatus:
        refused = self._queue.refused
        return ConvexStatus(
            reachable=not self._outage.away,
            waiting=self._backlog.waiting,
            oldest=self._backlog.oldest,
            parked=self._backlog.parked + len(refused),
            reason=self._backlog.reason or next(iter(refused.values()), ""),
            behind=len(self._queue),
            last_error=self._last_error,
            last_error_at=self._last_error_at,
            answers=dict(self._answers),
        )

    async def retry(self) -> int:
        """Something was mended: send what was refused, and look at once whether Convex is there.
        Returns the number of unfinished jobs that were refused."""
        freed = self._queue.retry()
        if self._outage.away:
            self._outage.probe_answered()
        self._go_on()
        return freed

    # Which jobs have progress to be sent

    async def take_page(self, page: LogPage) -> None:
        if self._log.position is None:
            self._unlisted = [(status, None) for status in UNFINISHED]
            await self.list_unfinished()
        for event in page.events:
            if event.last:
                self._queue.ended(event.job_id)
            else:
                moving = event.status in MOVING
                self._queue.event(event.job_id, event.seq, moving=moving)
        self._log.read_on(page)
        await self.turn()

    async def log_unavailable(self, error: RetenderError) -> None:
        self._log.retry(error)

    async def list_unfinished(self) -> None:
        """Jobs from before this instance: their events are not read, so all are sent once."""
        if self._unlisted:
            status, cursor = self._unlisted[0]
            page = self._manager.ask(
                JobManager.jobs, Listing(status=status, limit=limits.JOBS_PER_PAGE, cursor=cursor)
            )
            self._ctx.pipe(page, ConvexSync.take_unfinished, ConvexSync.unfinished_unavailable)

    async def take_unfinished(self, page: Page) -> None:
        for job in page.jobs:
            self._queue.event(job.id, job.seq, moving=job.status in MOVING)
        status, _ = self._unlisted.pop(0)
        if page.cursor is not None:
            self._unlisted.insert(0, (status, page.cursor))
        await self.list_unfinished()
        await self.turn()

    async def unfinished_unavailable(self, error: RetenderError) -> None:
        logger.debug("the unfinished jobs are not known yet: {}", error.message)
        self._ctx.after(RETRY_SECONDS, ConvexSync.list_unfinished)

    async def ask_progress(self) -> None:
        """Look what has progressed between the events, once a second."""
        self._ctx.after(CONVEX_PROGRESS_SECONDS, ConvexSync.ask_progress)
        moving = self._queue.moving(limits.EVENTS_PER_PAGE) if self._outage.over else ()
        if moving:
            latest = self._broadcaster.ask(Broadcaster.latest_of, moving)
            self._ctx.pipe(latest, ConvexSync.take_progress, ConvexSync.question_failed)

    async def take_progress(self, latest: tuple[TransientProgress, ...]) -> None:
        for each in latest:
            self._queue.progressed(each.job_id, each.progress)
        await self.turn()

    async def question_failed(self, error: RetenderError) -> None:
        """It is asked again by itself."""
        logger.debug("convex: a question was not answered: {}", error.message)

    # Sending progress

    async def turn(self) -> None:
        """Send the progress of as many jobs as may be sent now."""
        now = self._ctx.clock.monotonic()
        most = self._outage.capacity(limits.CONVEX_PROGRESS_AT_ONCE) - len(self._posting)
        busy = self._posting.keys() | self._ending.keys()
        for turn in self._queue.take(now, most, busy) if most > 0 else ():
            self._posting[turn.job_id] = asyncio.Event()
            self._ctx.pipe(self._send(turn), ConvexSync.take_sent, ConvexSync.question_failed)
        self._turn_later(now)

    def _turn_later(self, now: float) -> None:
        """When the next job has its turn; a place that becomes free is another occasion."""
        if self._outage.away or (at := self._queue.next_at(self._posting.keys())) is None:
            return
        at = max(at, now)
        if at > now and (at < self._turn_at or self._turn_at <= now):
            self._turn_at = at
            self._ctx.after(at - now, ConvexSync.turn)

    async def _send(self, turn: Turn) -> Sent:
        """In the background. The job is read now; if the log has not been read that far yet, its
        event is still to come and brings the job back."""
        try:
            return await self._send_now(turn)
        except JobNotFound:
            return Sent(turn, gone=True)
        except RetenderError as error:
            logger.bind(job=turn.job_id).debug("progress cannot be sent now: {}", error.message)
        except Exception:  # noqa: BLE001 - told in the log; the next event is another chance
            logger.bind(job=turn.job_id).exception("a bug in sending progress to Convex")
        finally:
            self._posting[turn.job_id].set()
        return Sent(turn, wait=CONVEX_PROGRESS_SECONDS)

    async def _send_now(self, turn: Turn) -> Sent:
        job = (await self._manager.ask(JobManager.status, turn.job_id)).job
        if job.finished:
            return Sent(turn, gone=True)
        if job.seq != turn.seq and turn.known:
            return Sent(turn)
        if not turn.known and await self._manager.ask(JobManager.owes, job.id, CONVEX):
            return Sent(turn, wait=OWED_SECONDS)
        latest = None
        with suppress(RetenderError):
            latest = await self._broadcaster.ask(Broadcaster.latest, job.id)
        message = messages.snapshot(job, latest, self._settings.language)
        began = self._ctx.clock.monotonic()
        answer = await self._client.post(
            messages.encoded(message),
            lambda: not (self._ending[job.id] or self._outage.away or self._ctx.stopping),
        )
        self._log_answer(answer, job, "progress", began)
        return Sent(turn, answer, message["progress"])

    async def take_sent(self, sent: Sent) -> None:
        job_id = sent.turn.job_id
        del self._posting[job_id]
        if sent.gone:
            self._queue.ended(job_id)
        elif sent.wait:
            self._queue.again(job_id, self._ctx.clock.monotonic() + sent.wait)
        elif sent.answer is not None:
            self._account(sent.answer)
            match sent.answer.kind:
                case "stored":
                    self._queue.sent(job_id, sent.turn.seq, sent.progress)
                case "again":
                    self._queue.again(job_id)
                case "refused":
                    logger.bind(job=job_id).warning("convex refuses a job: {}", sent.answer.reason)
                    self._queue.refuse(job_id, sent.answer.reason)
        await self.turn()

    # Sending ends

    def wanted(self) -> int:
        return self._outage.capacity(limits.DELIVERIES_AT_ONCE) - len(self._in_hand)

    async def attempt(self, delivery: Delivery) -> DeliveryOutcome:
        self._ending[delivery.job_id] += 1
        try:
            if (under_way := self._posting.get(delivery.job_id)) is not None:
                await under_way.wait()
            return await self._deliver(delivery)
        finally:
            self._ending[delivery.job_id] -= 1
            if not self._ending[delivery.job_id]:
                del self._ending[delivery.job_id]

    async def _deliver(self, delivery: Delivery) -> DeliveryOutcome:
        job = delivery.job
        assert job is not None
        began = self._ctx.clock.monotonic()
        answer = ConvexAnswer("stored")
        async for body in end_messages(job, self._manager, self._settings.language):
            answer = await self._client.post(body, lambda: not self._ctx.stopping)
            if answer.kind != "stored":
                break
        self._account(answer)
        self._log_answer(
            answer, job, f"{job.status} (event {delivery.seq})", began, delivery.attempts
        )
        return _outcome(delivery, answer)

    def outcome_of_trouble(self, delivery: Delivery, why: str) -> DeliveryOutcome:
        return _outcome(delivery, ConvexAnswer("again", why))

    async def take_outcome(self, outcome: DeliveryOutcome) -> None:
        await super().take_outcome(outcome)
        if outcome.how == "delivered":
            soon = self._ctx.clock.monotonic() + CONVEX_PROGRESS_SECONDS
            self._queue.settle(outcome.job_id, outcome.seq, soon)
        await self.turn()

    # Whether Convex is there

    def _account(self, answer: ConvexAnswer) -> None:
        """Count an answer, and learn from it whether Convex is away."""
        unchanged = answer.kind == "stored" and answer.reason
        self._answers["unchanged" if unchanged else answer.kind] += 1
        if answer.kind != "stored":
            self._last_error, self._last_error_at = answer.reason, self._ctx.clock.now()
        before = self._outage.over
        if answer.kind == "again":
            self._outage.failed(
                self._ctx.clock.monotonic(), self._ctx.random.random(), answer.retry_after
            )
            if before and self._outage.away:
                logger.warning("convex is away, jobs go on: {}", answer.reason)
                self._probe_later()
            elif not before and self._outage.away:
                self._probe_later()
        else:
            self._outage.succeeded()
            if not before:
                logger.info("convex is back")
                self._go_on()

    def _go_on(self) -> None:
        """More may be sent than before."""
        self.ask_now()
        self._ctx.after(0, ConvexSync.turn)

    def _probe_later(self) -> None:
        until = self._outage.until
        assert until is not None
        self._ctx.after(max(0.0, until - self._ctx.clock.monotonic()), ConvexSync.probe)

    async def probe(self) -> None:
        until = self._outage.until
        early = until is None or self._ctx.clock.monotonic() < until - _EARLY
        if not early and not self._probing:
            self._probing = True
            self._ctx.pipe(self._client.look(), ConvexSync.take_probe, ConvexSync.question_failed)

    async def take_probe(self, answer: ConvexAnswer) -> None:
        self._probing = False
        if not self._outage.away:
            return
        if answer.kind == "again":
            self._last_error, self._last_error_at = answer.reason, self._ctx.clock.now()
            self._outage.probe_failed(
                self._ctx.clock.monotonic(), self._ctx.random.random(), answer.retry_after
            )
            self._probe_later()
        else:
            self._outage.probe_answered()
            self._go_on()

    # The outbox, for the operator

    async def ask_backlog(self) -> None:
        self._ctx.after(BACKLOG_EVERY, ConvexSync.ask_backlog)
        backlog = self._manager.ask(JobManager.backlog, CONVEX)
        self._ctx.pipe(backlog, ConvexSync.take_backlog, ConvexSync.question_failed)

    async def take_backlog(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def _log_answer(
        self, answer: ConvexAnswer, job: Job, what: str, began: float, attempt: int | None = None
    ) -> None:
        """Every end that is sent, and all that goes wrong; progress only where all is logged."""
        stored = answer.kind == "stored"
        said = answer.reason or "stored" if stored else f"not stored: {answer.reason}"
        seconds = round(self._ctx.clock.monotonic() - began, 3)
        logger.bind(**job.log_keys, attempt=attempt, seconds=seconds).log(
            "DEBUG" if stored and attempt is None else "INFO", "convex: {}: {}", what, said
        )


def _outcome(delivery: Delivery, answer: ConvexAnswer) -> DeliveryOutcome:
    how = {"stored": "delivered", "again": "again", "refused": "park"}[answer.kind]
    return DeliveryOutcome(
        job_id=delivery.job_id,
        seq=delivery.seq,
        attempt=delivery.attempts,
        how=how,  # type: ignore[arg-type]  # one of three words
        error="" if answer.kind == "stored" else answer.reason,
        retry_after=answer.retry_after,
    )
