"""Opens a follow of a job: finds the job, and makes the first messages that the client gets."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple

from retender.jobs.job import Job
from serve_app.jobs.views import live_view, status_of, transient_progress
from serve_app.live.following import JobUpdates, ReadClient, follow
from serve_app.state.live_messages import LiveMessage, Reader, Update, connected, message
from serve_app.state.services import Services


class Opening(NamedTuple):
    """Where the updates begin for one client."""

    snapshot: bool
    """Whether the client is first sent the job as it is now."""
    since: int
    """The client gets the events after this one."""
    over: bool
    """The job has ended, and the client has had all events."""


def opening(job: Job, since: int | None) -> Opening:
    """Without `since`, or if this job has not come to that number, the client is sent a snapshot;
    if the job has ended, its last event follows."""
    if since is None or since > job.seq:
        return Opening(True, job.seq - 1 if job.finished else job.seq, False)
    return Opening(False, since, job.finished and since == job.seq)


@dataclass(frozen=True)
class OpenedFollow:
    services: Services
    reader: Reader
    job: Job
    opening: Opening
    first_messages: list[LiveMessage]
    """To be sent first, and cleared then: they need no memory while the job is followed."""
    shown: float
    """The progress that the client has seen already, or may have seen."""

    def updates(self, read_client: ReadClient) -> AbstractAsyncContextManager[JobUpdates]:
        since, shown = self.opening.since, self.shown
        return follow(self.services, self.job, read_client, since=since, shown=shown)

    async def message(self, update: Update) -> LiveMessage:
        return await self.services.messages.message(update, self.reader)

    async def status_message(self, owner: str | None) -> LiveMessage:
        """The job as it is by now."""
        status = await status_of(self.services, self.job.id, owner)
        body = await live_view(self.services, status, owner, self.reader.language)
        return message("status", self.job.id, self.services.clock.now(), body, self.reader.root)


async def open_follow(
    services: Services, job_id: str, owner: str | None, since: int | None, reader: Reader
) -> OpenedFollow:
    """Raises `JobNotFound`; and `Unreachable` if the manager does not answer in time."""
    status = await status_of(services, job_id, owner)
    job = status.job
    opened = opening(job, since)
    now, shown = services.clock.now(), 0.0
    first = [connected(job, now, reader.language)]
    if opened.snapshot or opened.since:
        if opened.snapshot:
            body = await live_view(services, status, owner, reader.language)
            first.append(message("status", job_id, now, body, reader.root))
            shown = body["progress"]
        elif not job.finished:
            progress = await transient_progress(services, job)
            # The client may have seen this progress before it lost its connection.
            shown = max(job.progress, progress.progress if progress else 0.0)
    return OpenedFollow(services, reader, job, opened, first, shown)
