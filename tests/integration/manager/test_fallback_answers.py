"""What callers learn of a model that replaces the default one, and when its results are reused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from actors.transcripts import whole_transcript
from retender.engines.models.library import LibrarySettings
from retender.jobs.job import Options
from retender.jobs.messages import note_text
from retender.jobs.states import Status
from retender.transcript.formats import result
from retender.workers.engine_info import PoolReport
from retender.workers.orders import Order, Prepared, Transcribed
from retender.workers.reports import DefaultInUse, WorkerReport
from serve_app.operations.health import engine_body
from tests.support.actors.manager_service import SETTINGS, Service, recording
from tests.support.actors.virtual_time import VirtualClock

WHY = "no network. Connect this machine to the hub"


@pytest.fixture
async def service(virtual_clock: VirtualClock, tmp_path: Path) -> AsyncIterator[Service]:
    library = LibrarySettings(root=str(tmp_path))
    settings = msgspec.structs.replace(SETTINGS, library=library, default_model="medium")
    service = Service(virtual_clock, settings)
    await service.start()
    yield service
    await service.stop()


async def report(service: Service, model: str) -> None:
    """A worker that does jobs without a model by this one."""
    instead_of = "" if model == "medium" else "medium"
    told = WorkerReport(engine="local", default=DefaultInUse(model, instead_of, WHY))
    await service.manager.ask(JobManager.renew, "w", "1", (), told, ())


async def work_off(service: Service, model: str) -> list[Order]:
    missing = "" if model == "medium" else "medium"
    done: tuple[Prepared | Transcribed, ...] = ()
    orders: list[Order] = []
    while True:
        found = (await service.ask_for(1, *done)).orders
        orders += found
        if not found and not done:
            return orders
        done = ()
        for order in found:
            outcome = service.outcome(order)
            assert isinstance(outcome, Prepared | Transcribed)
            made = msgspec.structs.replace(outcome, engine="local", model=model)
            if isinstance(made, Prepared):
                made = msgspec.structs.replace(
                    made, requested_model=missing, model_missing=bool(missing)
                )
            done = (made,)


async def test_the_message_the_end_and_the_result_say_which_model_was_used_and_which_not(
    service: Service,
) -> None:
    await service.submit("one", recording("one"))
    await work_off(service, "base")
    events = await service.manager.ask(JobManager.events, "one", 0)
    said = {note_text(event.note, "es") for event in events}
    assert "El modelo medium no se puede obtener: se usa base" in said
    assert note_text(events[-1].note, "en") == (
        "Transcription completed with model base instead of medium"
    )
    told = result(await whole_transcript(service.manager, "one"))
    assert (told["model"], told["requested_model"]) == ("base", "medium")


async def test_each_chunk_is_ordered_from_the_model_that_the_job_was_prepared_for(
    service: Service,
) -> None:
    await service.submit("one", recording("one"))
    first, *chunks = await work_off(service, "base")
    assert first.model == ""
    assert [order.model for order in chunks] == ["base", "base"]


@pytest.mark.parametrize(
    ("then", "now", "again"),
    [("base", "base", True), ("base", "medium", False), ("medium", "base", False)],
)
async def test_a_result_is_reused_while_the_same_model_would_make_it(
    service: Service, then: str, now: str, again: bool
) -> None:
    script = recording("one")
    await report(service, then)
    await service.submit("one", script)
    await work_off(service, then)
    await report(service, now)
    await service.submit("two", script)
    assert ((await service.job("two")).status is Status.COMPLETED) == again
    await service.submit("later", script, audio_later=True)
    await service.manager.ask(JobManager.audio_arrived, "later", script.audio())
    assert ((await service.job("later")).status is Status.COMPLETED) == again


async def test_a_result_of_a_model_that_was_named_is_reused_whatever_the_default_is(
    service: Service,
) -> None:
    script, options = recording("one"), Options(model="base")
    await service.submit("one", script, options=options)
    await work_off(service, "medium")
    await service.submit("two", script, options=options)
    assert (await service.job("two")).status is Status.COMPLETED


async def test_the_engines_tell_which_model_does_jobs_that_name_none(service: Service) -> None:
    await report(service, "base")
    await service.manager.ask(JobManager.load, PoolReport(engine="local", workers=1))
    told = (await service.manager.ask(JobManager.engines))["local"]
    assert told.default == DefaultInUse("base", "medium", WHY)
    assert engine_body(told)["model"] == {"name": "base", "instead_of": "medium", "reason": WHY}
