"""Which engine a job goes to, and which of those that wait go elsewhere."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from retender.errors import EngineUnavailable, InvalidOption
from retender.jobs.job import Job, Options
from retender.jobs.states import Stage, Status
from retender.scheduling.engine_choice import QueuedJob, choose_engine, jobs_to_move

BOTH = ("local", "groq")


def a_job(name: str, options: Options | None = None) -> Job:
    return Job(
        id=name,
        owner="ana",
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        created_at=0.0,
        options=options or Options(),
        engine="local",
    )


def a_line(*seconds: float) -> list[QueuedJob]:
    return [QueuedJob(a_job(f"job-{n}"), each) for n, each in enumerate(seconds)]


def gone(
    line: list[QueuedJob],
    *,
    pace: float = 1.0,
    after: float = 100.0,
    down: bool = False,
    room: float = math.inf,
) -> list[str]:
    return [job.id for job in jobs_to_move(line, pace=pace, after=after, down=down, capacity=room)]


@pytest.mark.parametrize(
    ("asked", "engines", "expected"),
    [
        ("auto", BOTH, "local"),
        ("auto", ("groq",), "groq"),
        ("groq", BOTH, "groq"),
        ("local", BOTH, "local"),
    ],
)
def test_a_job_goes_where_it_asked_to_or_to_the_first_there_is(
    asked: str, engines: tuple[str, ...], expected: str
) -> None:
    assert choose_engine(Options(engine=asked), engines) == expected


@pytest.mark.parametrize(
    ("asked", "engines", "remedy"),
    [
        ("groq", ("local",), "set GROQ_API_KEY"),
        ("local", ("groq",), r"install `retender\[whisper\]`"),
        ("auto", (), r"install `retender\[whisper\]`, or set GROQ_API_KEY"),
    ],
)
def test_an_engine_that_is_not_there_is_refused_with_what_would_bring_it_here(
    asked: str, engines: tuple[str, ...], remedy: str
) -> None:
    with pytest.raises(EngineUnavailable, match=remedy):
        choose_engine(Options(engine=asked), engines)


def test_an_engine_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidOption, match="auto, local, groq") as refused:
        choose_engine(Options(engine="whisper.cpp"), BOTH)
    assert refused.value.details["field"] == "engine"


def test_only_those_who_would_wait_too_long_leave() -> None:
    assert gone(a_line(60, 60, 60)) == ["job-2"]
    assert gone(a_line(60, 60, 60), pace=0.5) == []


def test_who_leaves_shortens_the_wait_of_those_behind() -> None:
    """110 s are before the second and the third, and 110 again for the last: not 220."""
    assert gone(a_line(110, 110, 10)) == ["job-1", "job-2"]
    assert gone(a_line(90, 500, 500)) == ["job-2"]


def test_nobody_leaves_for_where_there_is_no_room() -> None:
    assert gone(a_line(200, 50, 50, 50), room=100) == ["job-1", "job-2"]
    assert gone(a_line(200, 500, 50), room=100) == ["job-2"], "a smaller one may still fit"


def test_from_an_engine_that_is_down_all_leave_at_once() -> None:
    assert gone(a_line(1, 1), down=True) == ["job-0", "job-1"]
    assert gone(a_line(1, 1), after=math.inf, down=True) == ["job-0", "job-1"]
    assert gone(a_line(1000, 1000), after=math.inf) == []


@pytest.mark.parametrize(
    "staying",
    [
        a_job("named engine", Options(engine="local")),
        a_job("named model", Options(model="medium")),
        replace(a_job("begun"), status=Status.PROCESSING),
        replace(a_job("prepared before it failed"), chunks=3),
        replace(a_job("still uploading"), status=Status.PENDING),
    ],
    ids=lambda job: job.id,
)
def test_who_is_bound_or_begun_stays_however_long_it_waits(staying: Job) -> None:
    line = [*a_line(500), QueuedJob(staying, 10.0)]
    assert gone(line) == []
    assert gone(line, down=True) == ["job-0"]
