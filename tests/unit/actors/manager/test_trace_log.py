from __future__ import annotations

from actors.manager.trace_log import TraceLog
from retender.jobs.submission import Submission, new_job
from retender.jobs.trace import TracePage
from retender.scheduling import transitions
from retender.scheduling.dispatcher import Dispatcher
from retender.scheduling.draft import ActiveJobs, Draft
from retender.storage.audio import Audio


class Commits:
    """Each cancels a job that has just been submitted: two records."""

    def __init__(self, log: TraceLog) -> None:
        self._log = log
        self._active = ActiveJobs({})
        self._dispatcher = Dispatcher(self._active, epoch=1, lease_seconds=10.0)

    def cancel(self, job_id: str) -> None:
        draft = Draft(self._active, at=0.0, position=0)
        job = new_job(Submission(job_id=job_id, audio=Audio("a" * 64, 1)), at=0.0)
        transitions.accept(draft, job, None)
        transitions.cancel(draft, job_id)
        self._log.take_in(draft, self._active, self._dispatcher, now=0.0)


async def read(log: TraceLog, after: int | None) -> TracePage:
    return await log.read(after, until=0.0).future


def told(page: TracePage) -> list[tuple[str, str]]:
    return [(each.job_id, each.part) for each in page.records]


async def test_records_that_nobody_reads_are_dropped_beyond_the_bound_and_counted() -> None:
    log = TraceLog(epoch=1, most=4)
    commits = Commits(log)
    for name in ("a", "b", "c", "d"):
        commits.cancel(name)
    page = await read(log, None)
    assert told(page) == [("c", "queue"), ("c", "job"), ("d", "queue"), ("d", "job")]
    assert page.missed == 4
    assert (await read(log, None)).missed == 0, "told once"


async def test_a_page_is_repeated_until_its_reader_has_gone_on() -> None:
    log = TraceLog(epoch=1)
    commits = Commits(log)
    commits.cancel("a")
    page = await read(log, None)
    assert await read(log, None) == page
    commits.cancel("b")
    assert told(await read(log, page.position)) == [("b", "queue"), ("b", "job")]


async def test_a_reader_that_waits_is_answered_with_the_next_commit() -> None:
    log = TraceLog(epoch=1)
    waiting = log.read(None, until=10.0).future
    assert not waiting.done()
    Commits(log).cancel("a")
    assert told(await waiting) == [("a", "queue"), ("a", "job")]
