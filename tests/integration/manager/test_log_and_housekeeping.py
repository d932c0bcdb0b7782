"""What followers of the log and the Collector get from the JobManager, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from actors.manager import housekeeping
from actors.manager.job_manager import JobManager
from retender.errors import (
    JobNotFound,
    NotFailed,
)
from retender.jobs.job import Job
from retender.jobs.retention import DAY, Retention
from retender.jobs.states import Stage, Status
from retender.journal.api import Write
from tests.support.actors.manager_service import AUDIO, FullDisk, Service, recording


async def test_the_log_has_every_event_in_its_place(service: Service) -> None:
    await service.submit("one")
    await service.submit("two")
    page = await service.manager.ask(JobManager.log, 0)
    assert [(event.job_id, event.position) for event in page.events] == [("one", 1), ("two", 2)]
    assert page.position == 2


async def test_whoever_waits_at_the_log_hears_at_once(service: Service) -> None:
    start = await service.manager.ask(JobManager.log, None)
    waiting = asyncio.ensure_future(service.manager.ask(JobManager.log, start.position, 4.0))
    await service.wait(1.0)
    assert not waiting.done()
    await service.submit("one")
    assert [event.job_id for event in (await waiting).events] == ["one"]


async def test_who_waits_at_the_log_in_vain_is_told_so(service: Service) -> None:
    page = await service.manager.ask(JobManager.log, 0, 2.0)
    assert (page.events, page.position) == ((), 0)


async def test_old_events_are_read_from_the_journal(service: Service) -> None:
    await service.submit("one")
    await service.stop()
    await service.start()
    page = await service.manager.ask(JobManager.log, 0)
    assert [event.job_id for event in page.events] == ["one"]


async def needed(service: Service, **terms: float) -> tuple[frozenset[str], frozenset[str]]:
    retention = Retention(**terms)
    asked = (recording("one").audio().sha256, recording("two").audio().sha256)
    audio = await service.manager.ask(JobManager.audio_in_use, asked, retention)
    return audio, await service.manager.ask(JobManager.unfinished, ("one", "two"))


async def test_the_audio_of_unfinished_jobs_is_needed(service: Service) -> None:
    await service.submit("one")
    audio, jobs = await needed(service)
    assert audio == {recording("one").audio().sha256}
    assert jobs == {"one"}


async def test_the_audio_of_a_finished_job_is_kept_for_a_while(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    assert (await needed(service))[0]
    service.clock.shift(8 * DAY)
    assert (await needed(service)) == (frozenset(), frozenset())


async def test_an_old_job_is_forgotten(service: Service) -> None:
    await service.submit("one")
    await service.work_off()
    service.clock.shift(31 * DAY)
    assert not await service.manager.ask(JobManager.forget_old, Retention())
    with pytest.raises(JobNotFound):
        await service.job("one")
    assert (await service.manager.ask(JobManager.info)).total_jobs == 0


async def test_old_jobs_are_forgotten_in_batches_of_one_commit_each(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "FORGET_BATCH", 2)
    for name in ("one", "two", "three", "four", "five"):
        await service.submit(name)
        await service.work_off()
    service.clock.shift(31 * DAY)
    commits: list[int] = []
    commit = FullDisk.commit

    async def counted(self: FullDisk, epoch: int, writes: Sequence[Write]) -> None:
        commits.append(len(writes))
        await commit(self, epoch, writes)

    monkeypatch.setattr(FullDisk, "commit", counted)
    more = [await service.manager.ask(JobManager.forget_old, Retention()) for _ in range(3)]
    assert more == [True, True, False]
    assert commits == [2, 2, 1]
    assert (await service.manager.ask(JobManager.info)).total_jobs == 0


async def test_of_long_recordings_a_batch_has_fewer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of each has to be deleted, while everybody waits for the commit."""
    for name in ("one", "two", "three"):
        await service.submit(name)
        await service.work_off()
    chunks = (await service.job("one")).chunks
    assert chunks > 1
    service.clock.shift(31 * DAY)
    for most, left in ((chunks - 1, 2), (2 * chunks, 0)):
        monkeypatch.setattr(housekeeping, "FORGET_CHUNKS", most)
        more = await service.manager.ask(JobManager.forget_old, Retention())
        assert (await service.manager.ask(JobManager.info)).total_jobs == left
        assert more == (left > 0)


async def test_an_upload_that_is_never_finished_fails_its_job(service: Service) -> None:
    await service.submit("one", audio_later=True)
    service.clock.shift(2 * DAY)
    assert not await service.manager.ask(JobManager.expire_uploads, Retention())
    job = await service.job("one")
    assert (job.status, job.failure and job.failure.code) == (Status.FAILED, "upload_expired")
    with pytest.raises(NotFailed, match="never got its audio"):
        await service.manager.ask(JobManager.retry, "one")


async def test_expired_uploads_fail_in_batches_of_one_commit_each(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "FORGET_BATCH", 2)
    for name in ("one", "two", "three"):
        await service.submit(name, audio_later=True)
    service.clock.shift(2 * DAY)
    more = [await service.manager.ask(JobManager.expire_uploads, Retention()) for _ in range(2)]
    assert more == [True, False]
    assert (await service.manager.ask(JobManager.info)).dead_letters == 3


async def test_audio_that_arrives_twice_changes_nothing(service: Service) -> None:
    await service.submit("one", audio_later=True)
    first = await service.manager.ask(JobManager.audio_arrived, "one", AUDIO)
    again = await service.manager.ask(JobManager.audio_arrived, "one", AUDIO)
    assert (first.existing, again.existing) == (False, True)


async def test_the_estimate_waits_until_it_is_stable(service: Service) -> None:
    await service.submit("one", recording("one", 12))
    await service.ask_for(0, service.outcome(await service.order()))

    async def estimate() -> float | None:
        return (await service.manager.ask(JobManager.status, "one")).estimated_time_remaining

    assert await estimate() is None
    for _ in range(8):
        order = await service.order()
        await service.wait(2.0)
        await service.ask_for(0, service.outcome(order))
    left = await estimate()
    assert left is not None
    assert left == pytest.approx(4 * 2.0, rel=0.3)
    in_a_list = await service.manager.ask(JobManager.estimated, ("one", "unknown"))
    assert in_a_list == (await service.manager.ask(JobManager.status, "one"),)


def test_a_job_of_its_own_knows_its_cache_key() -> None:
    job = Job(id="j", owner="", status=Status.QUEUED, stage=Stage.QUEUED, created_at=0.0)
    assert job.cache_key is None
