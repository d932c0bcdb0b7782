"""Places in the queue, and how long things will take."""

from __future__ import annotations

import msgspec
import pytest

from retender.jobs.job import Job
from retender.jobs.states import Stage, Status
from retender.scheduling.estimates import BYTES_PER_SECOND, Estimates, seconds_left
from retender.scheduling.limits import RETRY_AFTER_BOUNDS
from retender.storage.audio import Audio


def a_job(
    name: str,
    *,
    priority: int = 0,
    at: float = 0.0,
    seconds: float = 100.0,
    engine: str = "local",
) -> Job:
    return Job(
        id=name,
        owner="ana",
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        created_at=at,
        audio=Audio("0" * 64, int(seconds * BYTES_PER_SECOND)),
        priority=priority,
        engine=engine,
    )


def moved(job: Job, status: Status, *, duration: float = 100.0, done: float = 0.0) -> Job:
    return msgspec.structs.replace(job, status=status, duration=duration, seconds_done=done)


def measured(factor: float, lanes: int = 1) -> Estimates:
    """Estimates after enough was measured."""
    estimates = Estimates(default_factor=9.0)
    for _ in range(10):
        estimates.observe("local", 30.0, 30.0 * factor)
    estimates.set_parallel({"local": lanes})
    return estimates


def test_the_place_in_the_queue_is_by_priority_and_then_by_time() -> None:
    estimates = Estimates(1.0)
    jobs = [
        a_job("late", at=3.0),
        a_job("early", at=1.0),
        a_job("urgent", at=9.0, priority=5),
        a_job("patient", at=0.0, priority=-5),
    ]
    for job in jobs:
        estimates.update(job)
    places = {job.id: estimates.position(job) for job in jobs}
    assert places == {"urgent": 1, "early": 2, "late": 3, "patient": 4}


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.CANCELLED, Status.FAILED])
def test_who_leaves_the_queue_lets_the_others_move_up(status: Status) -> None:
    estimates = Estimates(1.0)
    first, second = a_job("first", at=1.0), a_job("second", at=2.0)
    estimates.update(first)
    estimates.update(second)
    gone = moved(first, status)
    estimates.update(gone)
    assert (estimates.position(gone), estimates.position(second)) == (None, 1)


def test_a_retried_job_takes_its_old_place() -> None:
    estimates = Estimates(1.0)
    first, second = a_job("first", at=1.0), a_job("second", at=2.0)
    for job in (first, second, moved(first, Status.FAILED), first):
        estimates.update(job)
    assert (estimates.position(first), estimates.position(second)) == (1, 2)


def test_nothing_is_said_of_a_running_job_until_the_pace_is_known() -> None:
    job = moved(a_job("one"), Status.PROCESSING)
    estimates = Estimates(1.0)
    estimates.update(job)
    assert estimates.remaining(job) is None


def test_what_is_left_takes_as_long_as_what_is_done_took() -> None:
    job = moved(a_job("one"), Status.PROCESSING, done=60.0)
    estimates = measured(0.5)
    estimates.update(job)
    assert estimates.remaining(job) == pytest.approx(20.0)


def test_more_lanes_take_less_time() -> None:
    job = moved(a_job("one"), Status.PROCESSING)
    estimates = measured(0.5, lanes=5)
    estimates.update(job)
    assert estimates.remaining(job) == pytest.approx(10.0)


def test_a_job_that_waits_has_no_time_of_its_own_yet() -> None:
    job = a_job("one")
    estimates = measured(0.5)
    estimates.update(job)
    assert estimates.remaining(job) is None


def test_a_new_job_waits_for_all_that_is_before_it() -> None:
    estimates = measured(0.5)
    estimates.update(a_job("before", seconds=300.0))
    new = a_job("new", seconds=100.0)
    estimates.update(new)
    assert estimates.seconds_until_done(new) == pytest.approx(200.0)
    estimates.update(moved(a_job("before"), Status.COMPLETED))
    assert estimates.seconds_until_done(new) == pytest.approx(50.0)
    assert estimates.seconds_until_done(moved(new, Status.COMPLETED)) == 0.0


def test_before_anything_is_measured_the_stated_default_holds() -> None:
    estimates = Estimates(default_factor=2.0)
    job = a_job("one", seconds=100.0)
    estimates.update(job)
    assert estimates.seconds_until_done(job) == pytest.approx(200.0)


def test_whoever_is_sent_away_is_told_neither_at_once_nor_tomorrow() -> None:
    shortest, longest = RETRY_AFTER_BOUNDS
    estimates = measured(0.5)
    assert estimates.until_capacity() == shortest
    for n in range(3):
        estimates.update(a_job(f"job-{n}", seconds=60.0))
    assert estimates.until_capacity() == pytest.approx(30.0)
    estimates.update(a_job("endless", seconds=1e7))
    assert estimates.until_capacity() == longest


def test_the_time_left_is_known_by_the_plan_or_guessed_by_the_size() -> None:
    assert seconds_left(a_job("one", seconds=100.0)) == 100.0
    assert seconds_left(moved(a_job("one"), Status.PROCESSING, done=30.0)) == 70.0
    assert seconds_left(msgspec.structs.replace(a_job("one"), audio=None)) == 0.0


def test_each_engine_has_a_line_and_a_pace_of_its_own() -> None:
    estimates = measured(0.5)
    estimates.observe("groq", 30.0, 0.3)
    here, there = a_job("here", seconds=300.0), a_job("there", seconds=100.0, engine="groq")
    estimates.update(here)
    estimates.update(there)
    assert (estimates.position(here), estimates.position(there)) == (1, 1)
    assert estimates.wait("local") == pytest.approx(150.0)
    assert estimates.seconds_left("groq") == pytest.approx(100.0)
    assert estimates.pace("local") == pytest.approx(0.5)


def test_a_job_that_goes_to_another_engine_leaves_the_line_of_the_first() -> None:
    estimates = measured(0.5)
    job = a_job("one", seconds=300.0)
    estimates.update(job)
    estimates.update(msgspec.structs.replace(job, engine="groq"))
    assert (estimates.wait("local"), estimates.seconds_left("groq")) == (0.0, 300.0)
