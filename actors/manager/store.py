"""The jobs of the JobManager: the journal on disk, the active jobs in memory, and log readers.

Every change goes through `commit`: disk first, then memory, then the waiting readers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from heapq import nsmallest
from operator import attrgetter

from actors.event_pages import fitting
from actors.limits import AT_WORK_PER_PAGE, EVENTS_PER_PAGE, RECENT_EVENTS
from actors.long_poll import LongPolls, at_once
from actors.manager import job_log
from actors.manager.settings import ManagerSettings
from actors.manager.trace_log import TraceLog
from actors.runtime.api import Clock, Later
from retender.errors import JobNotFound, JournalError
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import LogPage
from retender.journal.api import Journal, Recovery, Rename, SaveEdit, SaveJob, Write
from retender.scheduling.dispatcher import Dispatcher
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.estimates import Estimates


class BooksDisagree(Exception):
    """Disk and memory differ, or another manager writes: this one must restart."""


class JobStore:
    def __init__(
        self,
        journal: Journal,
        recovery: Recovery,
        clock: Clock,
        settings: ManagerSettings,
    ) -> None:
        self.journal = journal
        self.active = ActiveJobs(recovery.counts.by_status)
        self.dispatcher = Dispatcher(self.active, recovery.epoch, settings.lease_seconds)
        self.estimates = Estimates(settings.default_factor)
        self.on_commit: Callable[[], None] = lambda: None
        self.on_owed: Callable[[], None] = lambda: None
        """Called when a delivery was added."""
        self.on_text: Callable[[], None] = lambda: None
        """Called when a text may have to be indexed."""
        self.traces = TraceLog(recovery.epoch)
        self._traced = settings.traces
        self._convex = settings.convex
        self._clock = clock
        self._epoch = recovery.epoch
        self._position = recovery.position
        self._recent: deque[Event] = deque(maxlen=RECENT_EVENTS)
        self._readers: LongPolls[int, LogPage] = LongPolls()
        for stored in recovery.unfinished:
            self.active.load(stored)
            self.estimates.update(stored.job)

    def draft(self) -> Draft:
        return Draft(self.active, self._clock.now(), self._position, convex=self._convex)

    async def commit(self, draft: Draft) -> None:
        """Commit, then merge into memory. Raises `StorageFull`; then nothing has changed."""
        await self.write(draft.writes)
        self._position = draft.position
        if self._traced:
            self.traces.take_in(draft, self.active, self.dispatcher, self._clock.monotonic())
        self.active.merge(draft)
        self.dispatcher.apply(draft, self._clock.monotonic())
        for job in draft.jobs.values():
            self.estimates.update(job)
        for engine, audio_seconds, taken in draft.paces:
            self.estimates.observe(engine, audio_seconds, taken)
        job_log.told(draft)
        self._recent.extend(draft.events)
        self._readers.answer_each(self._page_after)
        if any(not delivery.attempts for delivery in draft.deliveries):
            self.on_owed()
        if any(map(_changes_text, draft.writes)):
            self.on_text()
        self.on_commit()

    async def write(self, writes: Sequence[Write]) -> None:
        """Commit what nothing in memory depends on. Raises `StorageFull`."""
        try:
            await self.journal.commit(self._epoch, writes)
        except JournalError as error:
            raise BooksDisagree(error.message) from error

    async def find(self, job_id: str, owner: str | None = None) -> Job:
        job = await self.look_up(job_id)
        if job is None or owner not in {None, job.owner}:
            raise JobNotFound(f"there is no job {job_id}", job_id=job_id)
        return job

    async def look_up(self, job_id: str) -> Job | None:
        entry = self.active.get(job_id)
        return entry.job if entry is not None else await self.journal.job(job_id)

    def count(self, *statuses: Status) -> int:
        return sum(map(self.active.count, statuses))

    def at_work(self, after: str) -> tuple[Job, ...]:
        """A page of the jobs being processed, those with an id after this one."""
        jobs = (entry.job for entry in self.active)
        found = (job for job in jobs if job.status is Status.PROCESSING and job.id > after)
        return tuple(nsmallest(AT_WORK_PER_PAGE, found, key=attrgetter("id")))

    # The log of all jobs

    async def log(self, after: int | None, wait: float) -> Later[LogPage]:
        if after is None or after > self._position:
            return at_once(LogPage((), self._position))
        if after == self._position:
            return self._readers.add(after, self._clock.monotonic() + wait)
        if self._recent and self._recent[0].position <= after + 1:
            return at_once(self._page_after(after) or LogPage((), after))
        return Later(asyncio.ensure_future(self._old_page(after)))

    async def _old_page(self, after: int) -> LogPage:
        """Read beside the commits. Of events that were deleted only the places are left."""
        present = self._position
        events = await self.journal.beside.log(after, EVENTS_PER_PAGE)
        return LogPage(events, events[-1].position if events else present)

    def dismiss_readers(self, now: float) -> None:
        self._readers.expire(now, lambda after: LogPage((), after))
        self.traces.dismiss_readers(now)

    def _page_after(self, position: int) -> LogPage | None:
        events: list[Event] = []
        for event in reversed(self._recent):
            if event.position <= position:
                break
            events.append(event)
        page = fitting(events[::-1], EVENTS_PER_PAGE)
        return LogPage(page, page[-1].position) if page else None


def _changes_text(write: Write) -> bool:
    match write:
        case SaveJob(job):
            return job.finished
        case Rename() | SaveEdit():
            return True
        case _:
            return False
