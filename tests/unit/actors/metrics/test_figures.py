from __future__ import annotations

import pytest

from actors.metrics.figures import Histogram, JobMeters, ModelMeters
from retender.errors import Failure
from retender.jobs.events import Event, EventKind
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.workers.reports import HeldModel, ModelState, WorkerReport

BROKEN = Failure("corrupt_media", "it is damaged")


def event(
    seq: int,
    at: float,
    status: Status,
    *,
    job_id: str = "j",
    note: str = "",
    duration: float | None = None,
) -> Event:
    kinds = {
        Status.COMPLETED: EventKind.COMPLETED,
        Status.FAILED: EventKind.ERROR,
        Status.CANCELLED: EventKind.CANCELLED,
    }
    return Event(
        job_id=job_id,
        seq=seq,
        at=at,
        kind=kinds.get(status, EventKind.PROGRESS),
        status=status,
        stage=Stage.QUEUED,
        progress=0.0,
        note=Note(note or str(status)),
        duration=duration,
        failure=BROKEN if status is Status.FAILED else None,
    )


def test_a_job_is_measured_from_its_acceptance_to_its_end() -> None:
    meters = JobMeters()
    meters.take_in(event(1, 10.0, Status.QUEUED))
    meters.take_in(event(2, 14.0, Status.PROCESSING))
    meters.take_in(event(3, 15.0, Status.PROCESSING))
    meters.take_in(event(4, 24.0, Status.COMPLETED, duration=100.0))
    figures = meters.figures()
    assert (figures.submitted, figures.ended) == (1, {"completed": 1})
    assert figures.queue_wait.total == pytest.approx(4.0)
    assert figures.end_to_end.total == pytest.approx(14.0)
    assert figures.pace.total == pytest.approx(0.1)
    assert figures.audio_seconds == 100.0


def test_waiting_for_an_upload_is_no_waiting_in_the_queue() -> None:
    meters = JobMeters()
    meters.take_in(event(1, 0.0, Status.PENDING))
    meters.take_in(event(2, 60.0, Status.QUEUED))
    meters.take_in(event(3, 61.0, Status.PROCESSING))
    assert meters.figures().queue_wait.total == pytest.approx(1.0)
    assert meters.figures().revived == 0


def test_what_comes_from_the_cache_is_counted_and_not_timed() -> None:
    meters = JobMeters()
    meters.take_in(event(1, 0.0, Status.COMPLETED, job_id="known", duration=9.0))
    meters.take_in(event(1, 0.0, Status.PENDING, job_id="uploaded"))
    meters.take_in(event(2, 5.0, Status.COMPLETED, job_id="uploaded", duration=9.0))
    figures = meters.figures()
    assert (figures.submitted, figures.from_cache) == (2, 2)
    assert sum(figures.end_to_end.counts) == 0


def test_failures_are_told_apart_by_their_code_and_a_second_chance_is_counted() -> None:
    meters = JobMeters()
    for each in (
        event(1, 0.0, Status.QUEUED),
        event(2, 1.0, Status.PROCESSING),
        event(3, 2.0, Status.PROCESSING, note="retrying"),
        event(4, 3.0, Status.FAILED),
        event(5, 9.0, Status.QUEUED),
        event(6, 11.0, Status.PROCESSING),
        event(7, 12.0, Status.COMPLETED, duration=1.0),
    ):
        meters.take_in(each)
    figures = meters.figures()
    assert figures.failed == {"corrupt_media": 1}
    assert figures.ended == {"failed": 1, "completed": 1}
    assert (figures.tried_again, figures.revived, figures.submitted) == (1, 1, 1)
    assert figures.queue_wait.total == pytest.approx(1.0 + 2.0)


def test_a_job_from_before_is_counted_and_not_timed() -> None:
    meters = JobMeters()
    meters.take_in(event(7, 50.0, Status.PROCESSING))
    meters.take_in(event(8, 60.0, Status.COMPLETED, duration=10.0))
    figures = meters.figures()
    assert figures.ended == {"completed": 1}
    assert sum(figures.pace.counts) == sum(figures.end_to_end.counts) == 0


def test_no_more_jobs_are_remembered_than_the_bound() -> None:
    meters = JobMeters(most=2)
    for name in ("a", "b", "c"):
        meters.take_in(event(1, 0.0, Status.QUEUED, job_id=name))
    for name in ("a", "b", "c"):
        meters.take_in(event(2, 1.0, Status.PROCESSING, job_id=name))
    assert sum(meters.figures().queue_wait.counts) == 2


def test_a_value_on_a_bound_counts_below_it() -> None:
    histogram = Histogram.over((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        histogram.observe(value)
    assert dict(histogram.cumulative()) == {"1.0": 2, "2.0": 4, "+Inf": 5}


def holding(*names: str, loaded_for: float = 0.0) -> WorkerReport:
    models = (HeldModel(model=n, state=ModelState.LOADED, loaded_for=loaded_for) for n in names)
    return WorkerReport(engine="local", resident=100, models=tuple(models))


def test_a_load_is_counted_once_however_often_it_is_reported() -> None:
    meters, nothing = ModelMeters(), JobMeters().figures()
    meters.take_in([("w", 10.0, holding("tiny", loaded_for=5.0))])
    meters.take_in([("w", 12.0, holding("tiny", loaded_for=7.0))])
    assert meters.add_to(nothing).loads == {"tiny": 1}
    meters.take_in([("w", 14.0, holding())])
    assert meters.add_to(nothing).loaded == {}
    meters.take_in([("w", 20.0, holding("tiny", loaded_for=1.0))])
    assert meters.add_to(nothing).loads == {"tiny": 2}


def test_a_model_loaded_anew_between_two_looks_is_a_second_load() -> None:
    meters, nothing = ModelMeters(), JobMeters().figures()
    meters.take_in([("w", 10.0, holding("tiny", loaded_for=5.0))])
    meters.take_in([("w", 20.0, holding("tiny", loaded_for=2.0))])
    figures = meters.add_to(nothing)
    assert (figures.loads, figures.loaded, figures.resident) == (
        {"tiny": 2},
        {"tiny": 1},
        {"w": 100},
    )
