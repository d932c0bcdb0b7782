"""Which engine works on a job: as it is asked, as it is crowded, and as engines come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from actors.manager.job_manager import JobManager
from retender.errors import EngineUnavailable, InvalidOption, JobNotFound
from retender.jobs.job import Options
from retender.jobs.messages import note_text
from retender.jobs.states import Stage, Status
from tests.support.actors.two_engines import TwoEngines
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Passage, Script

KEY_REFUSED = "Groq does not accept the API key: check GROQ_API_KEY"


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[TwoEngines]:
    service = TwoEngines(virtual_clock)
    yield service
    await service.die()
    await service.pass_time(1.0)


def speech(name: str, chunks: int = 3, takes: float = 1.0) -> Script:
    return Script(tuple(Passage((f"{name}-{n}",), takes=takes) for n in range(chunks)))


def slow(name: str) -> Script:
    """Thirty seconds that take here more than a minute."""
    return speech(name, takes=30.0)


async def notes(service: TwoEngines, job_id: str) -> list[str]:
    return [event.note.key for event in await service.told(job_id)]


# As it is asked


async def test_a_job_is_recognised_here_unless_it_asks_for_something_else(
    service: TwoEngines,
) -> None:
    await service.open()
    for job_id, engine in (("open", "auto"), ("here", "local"), ("there", "groq")):
        await service.submit(job_id, speech(job_id), engine)
    engines = {job_id: (await service.ended(job_id)).engine for job_id in ("open", "here", "there")}
    assert engines == {"open": "local", "here": "local", "there": "groq"}
    assert [job_id for job_id, _ in service.far.heard] == ["there"]
    for job_id in engines:
        assert await service.text(job_id) == speech(job_id).text


async def test_a_job_that_waits_goes_to_the_engine_that_its_changed_options_name(
    service: TwoEngines,
) -> None:
    await service.open()
    await service.submit("long", slow("long"))
    await service.submit("one", speech("one"))
    await service.manager.ask(JobManager.change_options, "one", Options(engine="groq"), ("engine",))
    assert (await service.ended("one")).engine == "groq"
    assert await service.text("one") == speech("one").text


async def test_where_nothing_is_recognised_here_all_goes_there(service: TwoEngines) -> None:
    await service.open(("groq",))
    await service.submit("open", speech("open"))
    assert (await service.ended("open")).engine == "groq"
    with pytest.raises(EngineUnavailable, match="retender"):
        await service.submit("here", speech("here"), "local")


async def test_an_engine_that_is_not_set_up_is_refused_and_nothing_is_kept(
    service: TwoEngines,
) -> None:
    await service.open(("local",))
    with pytest.raises(EngineUnavailable, match="GROQ_API_KEY"):
        await service.submit("one", speech("one"), "groq")
    with pytest.raises(InvalidOption, match="there is no engine 'whisper'"):
        await service.submit("one", speech("one"), "whisper")
    with pytest.raises(JobNotFound):
        await service.job("one")


async def test_without_any_engine_nothing_is_taken_in(service: TwoEngines) -> None:
    await service.open(())
    with pytest.raises(EngineUnavailable, match="GROQ_API_KEY"):
        await service.submit("one", speech("one"))


# As it is crowded


async def test_who_would_wait_too_long_goes_there_and_is_told(service: TwoEngines) -> None:
    await service.open(spill_after=2.0)
    receipts = [await service.submit(f"job-{n}", slow(f"job-{n}")) for n in range(3)]
    assert [receipt.job.engine for receipt in receipts] == ["local", "groq", "groq"]
    ended = [await service.ended(f"job-{n}") for n in range(3)]
    assert [job.engine for job in ended] == ["local", "groq", "groq"]
    assert [await service.text(job.id) for job in ended] == [slow(job.id).text for job in ended]
    assert "taken_on" in await notes(service, "job-1")
    assert "taken_on" not in await notes(service, "job-0")


async def test_without_the_setting_nothing_leaves_this_machine(service: TwoEngines) -> None:
    await service.open()
    for n in range(4):
        await service.submit(f"job-{n}", slow(f"job-{n}"))
    for n in range(4):
        assert (await service.ended(f"job-{n}")).engine == "local"
    assert service.far.heard == []


async def test_who_names_engine_or_model_does_not_leave(service: TwoEngines) -> None:
    await service.open(spill_after=2.0)
    await service.submit("first", slow("first"))
    await service.submit("bound", slow("bound"), "local")
    await service.submit("particular", slow("particular"), model="medium")
    for job_id in ("bound", "particular"):
        assert (await service.ended(job_id)).engine == "local"
    assert service.far.heard == []


# As there is room


async def test_who_asked_for_it_waits_until_there_is_room_and_is_told_until_when(
    service: TwoEngines,
) -> None:
    await service.open()
    service.far.open_at = service.clock.monotonic() + 3000.0
    await service.submit("patient", speech("patient"), "groq")
    await service.pass_time(10.0)
    job = await service.job("patient")
    assert (job.status, job.stage) == (Status.PROCESSING, Stage.QUEUED)
    assert "Groq's limits are used up: going on at about" in note_text(job.note, "en")
    left = (await service.manager.ask(JobManager.status, "patient")).estimated_time_remaining
    assert left is not None
    assert 2980 < left < 3060, "it says how long it will take with the waiting"
    job = await service.ended("patient")
    assert service.clock.monotonic() >= service.far.open_at
    assert (job.status, job.engine, job.attempt) == (Status.COMPLETED, "groq", 1)
    assert await service.text("patient") == speech("patient").text
    assert service.far.declined > 3, "it asks again, to keep its place in the line"
    assert (await notes(service, "patient")).count("waiting_for_room") == 1


async def test_whoever_waits_for_room_is_in_nobodys_way(service: TwoEngines) -> None:
    """Three long ones wait at an engine with two lanes; a short one fits."""
    await service.open()
    service.far.room = 50.0
    for n in range(3):
        await service.submit(f"long-{n}", speech(f"long-{n}", chunks=10), "groq")
    await service.pass_time(10.0)
    await service.submit("short", speech("short", chunks=2), "groq")
    begun = service.clock.monotonic()
    assert (await service.ended("short")).status is Status.COMPLETED
    assert service.clock.monotonic() - begun < 10.0
    assert (await service.job("long-0")).status is Status.PROCESSING


async def test_a_spilt_job_without_room_comes_back_and_is_prepared_anew(
    service: TwoEngines,
) -> None:
    await service.open(spill_after=2.0)
    service.far.open_at = service.clock.monotonic() + 3000.0
    await service.submit("first", slow("first"))
    await service.submit("second", slow("second"))
    job = await service.ended("second")
    assert (job.engine, job.status, job.attempt) == ("local", Status.COMPLETED, 1)
    assert await service.text("second") == slow("second").text
    assert service.clock.monotonic() < service.far.open_at
    assert (await notes(service, "second")).count("taken_on") == 2, "there, and back"
    assert sorted(index for job_id, index in service.near if job_id == "second") == [1, 2, 3]
    assert service.far.heard == []


async def test_of_a_spilt_job_that_was_cut_each_part_is_heard_once(service: TwoEngines) -> None:
    """The far engine does some parts, and has no room for the rest."""
    await service.open(spill_after=2.0)
    service.far.whole = False
    service.far.room = 25.0
    await service.submit("first", slow("first"))
    await service.submit("second", speech("second", chunks=5))
    job = await service.ended("second")
    assert job.engine == "local"
    assert await service.text("second") == speech("second", chunks=5).text
    there = [index for job_id, index in service.far.heard if job_id == "second"]
    here = [index for job_id, index in service.near if job_id == "second"]
    assert len(there) == 2
    assert sorted(there + here) == [1, 2, 3, 4, 5]


async def test_an_engine_without_room_is_sent_nothing_more(service: TwoEngines) -> None:
    await service.open(spill_after=2.0)
    service.far.open_at = service.clock.monotonic() + 3000.0
    await service.submit("first", slow("first"))
    await service.submit("second", slow("second"))
    await service.pass_time(20.0)
    assert service.far.declined == 1
    await service.submit("third", slow("third"))
    await service.ended("third")
    assert service.far.declined == 1
    assert "taken_on" not in await notes(service, "third")


# As engines come and go


async def test_a_refused_key_is_seen_before_any_job_fails_of_it(service: TwoEngines) -> None:
    service.far.refusal = KEY_REFUSED
    await service.open(spill_after=2.0)
    engines = await service.engines()
    assert (engines["local"].ready, engines["local"].workers) == (True, 1)
    assert (engines["groq"].ready, engines["groq"].reason) == (False, KEY_REFUSED)
    for n in range(3):
        await service.submit(f"job-{n}", slow(f"job-{n}"))
        assert (await service.ended(f"job-{n}")).engine == "local"


async def test_a_key_that_is_refused_in_the_middle_sends_spilt_jobs_back(
    service: TwoEngines,
) -> None:
    await service.open(spill_after=2.0)
    service.far.takes = 5.0
    await service.submit("first", slow("first"))
    await service.submit("second", slow("second"))
    await service.pass_time(2.0)
    assert (await service.job("second")).engine == "groq"
    service.far.refusal = KEY_REFUSED
    job = await service.ended("second")
    assert (job.engine, job.status) == ("local", Status.COMPLETED)
    assert await service.text("second") == slow("second").text


async def test_who_asked_for_an_engine_that_refuses_is_told_why(service: TwoEngines) -> None:
    await service.open()
    service.far.refusal = KEY_REFUSED
    await service.submit("one", speech("one"), "groq")
    job = await service.ended("one")
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert (job.failure.code, job.failure.message) == ("engine_unavailable", KEY_REFUSED)


async def test_a_service_that_has_lost_an_engine_goes_on_with_the_other(
    service: TwoEngines,
) -> None:
    """Begun by Groq, which is not set up any more after a restart in the middle."""
    await service.open(("groq",))
    service.far.whole = False
    service.far.room = 25.0
    await service.submit("open", speech("open", chunks=4))
    await service.submit("asked", speech("asked"), "groq")
    await service.pass_time(30.0)
    await service.die()
    await service.open(("local",))
    job = await service.ended("open")
    assert job.engine == "local"
    assert await service.text("open") == speech("open", chunks=4).text
    there = [index for job_id, index in service.far.heard if job_id == "open"]
    here = [index for job_id, index in service.near if job_id == "open"]
    assert sorted(there + here) == [1, 2, 3, 4]
    assert not (await service.job("asked")).finished, "it waits for what it asked for"
    await service.die()
    service.far.room = 1000.0
    await service.open()
    assert (await service.ended("asked")).engine == "groq"
    assert await service.text("asked") == speech("asked").text


async def test_a_restart_in_the_middle_forgets_neither_the_engine_nor_what_is_done(
    service: TwoEngines,
) -> None:
    await service.open(spill_after=2.0)
    service.far.whole = False
    service.far.takes = 2.0
    await service.submit("first", slow("first"))
    await service.submit("second", speech("second", chunks=6))
    while len(service.far.heard) < 2:
        await service.pass_time(0.5)
    await service.die()
    done = len(service.far.heard)
    await service.open()
    job = await service.ended("second")
    assert job.engine == "groq"
    assert await service.text("second") == speech("second", chunks=6).text
    assert len(service.far.heard) <= 6 + 2, "only what was in hand is heard again"
    assert done >= 2
