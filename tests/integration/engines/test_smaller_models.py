"""Where the asked model does not fit a smaller one is used, and nobody is left in the dark."""

from __future__ import annotations

import msgspec

from actors.manager.job_manager import JobManager
from actors.transcripts import whole_transcript
from retender.jobs.job import Options
from retender.jobs.messages import note_text
from retender.jobs.states import Status
from retender.transcript.formats import result
from retender.workers.orders import Prepared, Transcribed
from tests.support.actors.manager_service import Service, recording

LARGE = Options(model="large-v3")


async def work_off(service: Service, model: str, asked: str) -> None:
    """A worker that has no room for what was asked."""
    done: tuple[Prepared | Transcribed, ...] = ()
    while True:
        orders = (await service.ask_for(1, *done)).orders
        if not orders and not done:
            return
        done = ()
        for order in orders:
            outcome = service.outcome(order)
            assert isinstance(outcome, Prepared | Transcribed)
            done = (msgspec.structs.replace(outcome, model=model, requested_model=asked),)


async def test_the_result_names_the_model_that_was_used_and_the_one_that_was_asked_for(
    service: Service,
) -> None:
    await service.submit("one", recording("one"), options=LARGE)
    await work_off(service, "small", "large-v3")
    told = result(await whole_transcript(service.manager, "one"))
    assert (told["model"], told["requested_model"]) == ("small", "large-v3")


async def test_who_watches_is_told_in_a_numbered_message(service: Service) -> None:
    await service.submit("one", recording("one"), options=LARGE)
    await work_off(service, "small", "large-v3")
    events = await service.manager.ask(JobManager.events, "one", 0)
    said = {
        language: [note_text(event.note, language) for event in events] for language in ("es", "en")
    }
    assert "El modelo large-v3 no cabe en este equipo: se usa small" in said["es"]
    assert "Model large-v3 does not fit on this machine: using small" in said["en"]


async def test_the_same_recording_is_answered_with_both_names_again(service: Service) -> None:
    script = recording("one")
    await service.submit("one", script, options=LARGE)
    await work_off(service, "small", "large-v3")
    await service.submit("two", script, options=LARGE)
    job = await service.job("two")
    assert job.status is Status.COMPLETED
    assert (job.model, job.requested_model) == ("small", "large-v3")


async def test_where_the_asked_model_is_used_nothing_is_said_of_it(service: Service) -> None:
    await service.submit("one", recording("one"), options=LARGE)
    await work_off(service, "large-v3", "")
    told = result(await whole_transcript(service.manager, "one"))
    assert told["model"] == "large-v3"
    assert "requested_model" not in told
    events = await service.manager.ask(JobManager.events, "one", 0)
    assert "smaller_model" not in {event.note.key for event in events}
