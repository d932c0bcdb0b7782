"""Transcribers and their pool at work, with a scripted engine, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from actors.manager.job_manager import JobManager
from actors.names import TRANSCRIBER_POOL
from actors.supervision.restarts import Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber import TranscriberSettings
from retender.jobs.job import Options
from retender.jobs.states import Status
from retender.scheduling.pool_size import Bounds
from tests.support.actors.manager_service import recording
from tests.support.actors.scripted_service import Works
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Act, Passage, Script


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Works]:
    service = Works(virtual_clock)
    await service.open()
    yield service
    await service.stop()


async def test_a_job_runs_from_end_to_end(service: Works) -> None:
    await service.transcriber()
    script = recording("one", 3)
    await service.submit("one", script)
    assert await service.ends("one") is Status.COMPLETED
    assert await service.text("one") == script.text


async def test_a_recording_without_speech_is_completed_and_says_so(service: Works) -> None:
    await service.transcriber()
    await service.submit("one", Script(()))
    assert await service.ends("one") is Status.COMPLETED
    assert (await service.job("one")).no_speech


async def test_all_lanes_are_kept_at_work(service: Works) -> None:
    await service.transcriber(lanes=3)
    await service.submit("one", recording("one", 9))
    await service.ends("one")
    assert service.most_at_once == 3


async def test_a_batch_is_filled_from_several_jobs_with_like_options(service: Works) -> None:
    await service.submit("one", recording("one", 2))
    await service.submit("two", recording("two", 2))
    await service.submit("other", recording("other", 2), options=Options(temperature=0.5))
    await service.transcriber(batch=4)
    for job_id in ("one", "two", "other"):
        await service.ends(job_id)
    for batch in service.batches:
        alike = {order.chunk and order.options.temperature for order in batch}
        assert len(alike) == 1
    mixed = [{order.job_id for order in batch} for batch in service.batches]
    assert {"one", "two"} in mixed


async def test_a_cancelled_job_stops_the_engine_within_two_heartbeats(service: Works) -> None:
    await service.transcriber()
    await service.submit("one", Script((Passage(("word",), takes=1000.0),)))
    while len(service.batches) < 2:
        await service.wait(0.1)
    await service.manager.ask(JobManager.cancel, "one")
    await service.wait(2 * TranscriberSettings().heartbeat)
    assert (service.at_once, service.called_off) == (0, 1)


async def test_cancelling_one_job_of_a_batch_leaves_the_others_alone(service: Works) -> None:
    slow = Passage(("word",), takes=8.0)
    for job_id in ("one", "two"):
        await service.submit(job_id, Script((Passage((job_id,), takes=8.0), slow)))
    await service.transcriber(batch=4)
    while len(service.batches) < 2:
        await service.wait(0.1)
    await service.manager.ask(JobManager.cancel, "one")
    assert await service.ends("two") is Status.COMPLETED
    assert await service.text("two") == "two word"


async def test_results_wait_for_a_manager_that_is_away(service: Works) -> None:
    await service.transcriber()
    await service.submit("one", recording("one", 3))
    manager = service._children[0]
    await service.wait(1.0)
    await manager.kill()
    await service.wait(5.0)
    await service.start()
    assert await service.ends("one") is Status.COMPLETED
    assert await service.text("one") == "one-0 one-1 one-2"


async def test_a_transcriber_that_is_stopped_finishes_what_it_holds(service: Works) -> None:
    child = await service.transcriber()
    await service.submit("one", Script((Passage(("word",), takes=4.0), Passage(("more",)))))
    while len(service.batches) < 2:
        await service.wait(0.1)
    assert (await child.stop(30.0)).normal
    job = await service.job("one")
    assert (job.chunks_done, service.called_off) == (1, 0)


async def test_an_engine_that_hangs_is_replaced_and_its_chunks_go_on(service: Works) -> None:
    await service.pool(Bounds(least=1, most=1))
    hangs = Passage(("word",), acts=(Act.HANG,))
    await service.submit("one", Script((hangs, Passage(("more",)))))
    assert await service.ends("one") is Status.COMPLETED
    assert await service.text("one") == "word more"


async def test_a_transcriber_that_dies_is_started_again(service: Works) -> None:
    await service.pool(Bounds(least=1, most=1))
    dies = Passage(("word",), acts=(Act.CRASH,))
    await service.submit("one", Script((dies,)))
    assert await service.ends("one") is Status.COMPLETED
    tree = await service.runtime.ref(Supervisor, TRANSCRIBER_POOL).ask(Supervisor.describe)
    (child,) = tree.children
    assert child.restarts == 1
    assert "a bug in the engine" in child.cause


async def test_a_chunk_that_kills_three_workers_fails_and_the_rest_is_kept(service: Works) -> None:
    await service.pool(Bounds(least=2, most=2))
    poison = Passage(("never",), acts=(Act.CRASH,) * 50)
    words = [Passage((f"w{n}",)) for n in range(6)]
    await service.submit("one", Script((*words[:3], poison, *words[3:])))
    assert await service.ends("one") is Status.FAILED
    job = await service.job("one")
    assert (job.failure and job.failure.code) == "worker_crashed"
    assert await service.text("one") == "w0 w1 w2 w3 w4 w5"


async def test_the_pool_grows_with_what_waits_and_shrinks_after_idling(service: Works) -> None:
    bounds = Bounds(least=1, most=4, seconds_per_worker=20.0, idle_seconds=10.0)
    await service.pool(bounds)
    assert len(await service.workers()) == 1
    await service.submit("one", recording("one", 40))
    await service.wait(6.0)
    assert len(await service.workers()) == 4
    assert await service.ends("one") is Status.COMPLETED
    await service.wait(120.0)
    assert set(await service.workers()) == {"transcriber-1"}


async def test_every_worker_of_the_pool_works_on_one_long_recording(service: Works) -> None:
    await service.pool(Bounds(least=3, most=3))
    await service.submit("one", recording("one", 30))
    await service.ends("one")
    assert service.most_at_once == 3


async def test_a_transcriber_that_dies_too_often_is_left_down_and_the_pool_says_why(
    service: Works,
) -> None:
    await service.pool(Bounds(least=1, most=1), intensity=Intensity(1, 60.0), cool_down=500.0)
    for n in range(3):
        await service.submit(f"bad-{n}", Script((Passage(("x",), acts=(Act.CRASH,) * 50),)))
    await service.wait(30.0)
    tree = await service.runtime.ref(Supervisor, TRANSCRIBER_POOL).ask(Supervisor.describe)
    (child,) = tree.children
    assert child.state == "exhausted"
    assert "a bug in the engine" in child.cause


async def test_no_piece_is_worked_on_by_two_at_once(service: Works) -> None:
    await service.pool(Bounds(least=3, most=3))
    for n in range(4):
        await service.submit(f"job-{n}", recording(f"job-{n}", 5))
    for n in range(4):
        await service.ends(f"job-{n}")
    given = Counter((order.job_id, order.index) for batch in service.batches for order in batch)
    assert set(given.values()) == {1}


async def test_jobs_that_wait_go_on_when_workers_come(service: Works) -> None:
    await service.submit("one")
    await service.wait(100.0)
    assert (await service.job("one")).status is Status.QUEUED
    await service.transcriber()
    await asyncio.sleep(0)
    assert await service.ends("one") is Status.COMPLETED
