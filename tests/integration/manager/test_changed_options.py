"""The options of a job can be changed until a worker begins it."""

from __future__ import annotations

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import (
    AlreadyBegun,
    AlreadyFinished,
    CorruptMedia,
    EngineUnavailable,
    JobNotFound,
)
from retender.jobs.job import Job, Options
from retender.jobs.states import Status
from retender.workers.orders import Failed
from tests.support.actors.manager_service import ENGLISH, Service, recording

SPANISH = Options(language="es", hotwords="Retender")


async def change(service: Service, job_id: str, options: Options, *names: str) -> Job:
    return await service.manager.ask(JobManager.change_options, job_id, options, names)


async def test_the_worker_gets_the_changed_ones_and_the_others_stay(service: Service) -> None:
    await service.submit("one", options=Options(prompt="a meeting", language="en"))
    job = await change(service, "one", SPANISH, "language", "hotwords")
    wanted = Options(prompt="a meeting", language="es", hotwords="Retender")
    assert (job.status, job.options) == (Status.QUEUED, wanted)
    assert (await service.order()).options == wanted


async def test_a_job_whose_audio_is_still_coming_can_be_changed(service: Service) -> None:
    await service.submit("one", audio_later=True)
    assert (await change(service, "one", SPANISH, "language")).status is Status.PENDING
    script = recording("one")
    await service.manager.ask(JobManager.audio_arrived, "one", script.audio())
    assert (await service.order()).options == Options(language="es")


async def test_a_job_that_is_begun_or_finished_cannot(service: Service) -> None:
    await service.submit("one")
    await service.ask_for(1)
    with pytest.raises(AlreadyBegun):
        await change(service, "one", SPANISH, "language")
    await service.submit("two")
    await service.manager.ask(JobManager.cancel, "two")
    with pytest.raises(AlreadyFinished):
        await change(service, "two", SPANISH, "language")
    assert (await service.job("one")).options == Options()


async def test_the_same_change_again_changes_nothing_even_if_it_has_begun_since(
    service: Service,
) -> None:
    await service.submit("one")
    first = await change(service, "one", SPANISH, "language")
    assert await change(service, "one", SPANISH, "language") == first
    await service.ask_for(1)
    assert (await change(service, "one", SPANISH, "language")).options == first.options


async def test_a_retried_job_waits_again_and_was_begun_before(service: Service) -> None:
    await service.submit("one")
    order = await service.order()
    await service.ask_for(0, Failed(order.token, CorruptMedia("it is cut off").failure()))
    await service.manager.ask(JobManager.retry, "one")
    assert (await service.job("one")).status is Status.QUEUED
    with pytest.raises(AlreadyBegun):
        await change(service, "one", SPANISH, "language")


async def test_it_is_completed_at_once_if_a_job_with_the_new_ones_is(service: Service) -> None:
    same = recording("same")
    await service.submit("known", same, options=ENGLISH)
    await service.work_off()
    await service.submit("one", same)
    job = await change(service, "one", ENGLISH, "language")
    assert job.status is Status.COMPLETED
    assert await service.text("one") == await service.text("known")
    assert await service.work_off() == []


async def test_its_submission_can_still_be_repeated(service: Service) -> None:
    first = await service.submit("one", idempotency_key="key")
    await change(service, "one", SPANISH, "language")
    await change(service, "one", SPANISH, "hotwords")
    again = await service.submit("other", recording("one"), idempotency_key="key")
    assert (again.job.id, again.existing, first.existing) == ("one", True, False)


async def test_others_cannot_and_learn_nothing(service: Service) -> None:
    await service.submit("one", owner="ana")
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.change_options, "one", SPANISH, ("language",), "ben")


async def test_an_engine_that_is_not_there_is_refused_and_the_job_stays_as_it_was(
    service: Service,
) -> None:
    await service.submit("one")
    with pytest.raises(EngineUnavailable):
        await change(service, "one", Options(engine="groq"), "engine")
    assert (await service.job("one")).options == Options()
    assert await service.work_off()


async def test_a_change_survives_a_restart(service: Service) -> None:
    await service.submit("one")
    await change(service, "one", SPANISH, "language")
    await service.stop()
    await service.start()
    assert (await service.order()).options.language == "es"
