"""Opens a follow of a job: finds the job, and makes the first messages that the client gets."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

from actors.manager.job_manager import JobManager
from retender.jobs.job import Job
from serve_app.jobs.views import job_view, snapshot_view, transient_progress
from serve_app.live.following import JobUpdates, ReadClient, follow
from serve_app.state.asking import ask_again
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


class OpenedFollow:
    def __init__(
        self,
        services: Services,
        reader: Reader,
        job: Job,
        opened: Opening,
        *,
        snapshot: dict[str, Any] | None,
        shown: float,
    ) -> None:
        """`shown` is the progress that the client has seen already, or may have seen."""
        self._services = services
        self._reader = reader
        self._snapshot = snapshot
        self._shown = shown
        self.job = job
        self.over = opened.over
        self._since = opened.since

    def first_messages(self) -> tuple[LiveMessage, ...]:
        first = connected(self.job, self._services.clock.now(), self._reader.language)
        return (first,) if self._snapshot is None else (first, self._status(self._snapshot))

    def updates(self, read_client: ReadClient) -> AbstractAsyncContextManager[JobUpdates]:
        since, shown = self._since, self._shown
        return follow(self._services, self.job, read_client, since=since, shown=shown)

    async def message(self, update: Update) -> LiveMessage:
        return await self._services.messages.message(update, self._reader)

    async def status_message(self, owner: str | None) -> LiveMessage:
        """The job as it is by now."""
        return self._status(
            await job_view(self._services, self.job.id, owner, self._reader.language)
        )

    def _status(self, body: dict[str, Any]) -> LiveMessage:
        now = self._services.clock.now()
        return message("status", self.job.id, now, body, self._reader.root)


async def open_follow(
    services: Services, job_id: str, owner: str | None, since: int | None, reader: Reader
) -> OpenedFollow:
    """Raises `JobNotFound`; and `Unreachable` if the manager does not answer in time."""
    status, transcript = await ask_again(
        lambda: services.manager.ask(JobManager.snapshot, job_id, owner, since)
    )
    job = status.job
    opened = opening(job, since)
    snapshot, shown = None, 0.0
    if opened.snapshot or opened.since:
        progress = await ask_again(lambda: transient_progress(services, job))
        if opened.snapshot:
            snapshot = snapshot_view(status, transcript, progress, reader.language)
            shown = snapshot["progress"]
        elif not job.finished:
            # The client may have seen this progress before it lost its connection.
            shown = max(job.progress, progress.progress if progress else 0.0)
    return OpenedFollow(services, reader, job, opened, snapshot=snapshot, shown=shown)
