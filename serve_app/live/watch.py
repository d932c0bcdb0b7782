"""One client's way through the news of a job, whatever carries it to the client."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from actors.broadcasting.hub import Follower
from actors.manager.job_manager import JobManager
from retender.jobs.submission import JobStatus
from serve_app.jobs.views import current, latest
from serve_app.live.asking import answered
from serve_app.live.messages import LiveMessage, News, Reader, connected, message
from serve_app.live.socket_rules import Opening, ends, opening
from serve_app.services import Services


class JobWatch:
    def __init__(
        self, services: Services, reader: Reader, status: JobStatus, opened: Opening
    ) -> None:
        self._services = services
        self._reader = reader
        self._status = status
        self.job = status.job
        self.opening = opened
        self._shown = 0.0

    async def greeting(self) -> tuple[LiveMessage, ...]:
        """What is said first; the job in it is the same in each of its messages."""
        now = self._services.clock.now()
        first = connected(self.job, now, self._reader.language)
        if not self.opening.snapshot:
            if self.opening.since and not self.job.finished:
                # It may have been shown all of this before it lost its connection.
                passing = await answered(lambda: latest(self._services, self._status))
                self._shown = max(self.job.progress, passing.progress if passing else 0.0)
            return (first,)
        body = await answered(lambda: current(self._services, self._status, self._reader.language))
        self._shown = body["progress"]
        return (first, self._told(body))

    def follow(self) -> AbstractAsyncContextManager[Follower]:
        """After the greeting: progress does not go back behind what that has shown."""
        return self._services.hub.follow(self.job.id, self.opening.since, self._shown)

    async def message(self, news: News) -> LiveMessage:
        return await self._services.press.printed(news, self._reader)

    def ends(self, news: News) -> bool:
        return ends(news, self.job.seq)

    async def status(self, owner: str | None) -> LiveMessage:
        """How the job is by now."""
        status = await self._services.manager.ask(JobManager.status, self.job.id, owner)
        return self._told(await current(self._services, status, self._reader.language))

    def _told(self, body: dict[str, Any]) -> LiveMessage:
        now = self._services.clock.now()
        return message("status", self.job.id, now, body, self._reader.root)


async def watch(
    services: Services, job_id: str, owner: str | None, since: int | None, reader: Reader
) -> JobWatch:
    """Raises `JobNotFound`; and `Unreachable` when even patience did not help."""
    status = await answered(lambda: services.manager.ask(JobManager.status, job_id, owner))
    return JobWatch(services, reader, status, opening(status.job, since))
