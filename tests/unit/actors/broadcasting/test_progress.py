"""What is told of a job to those who ask now and then."""

from __future__ import annotations

import pytest

from actors.broadcasting.progress import Track
from retender.jobs.events import Event, EventKind, TransientProgress
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from tests.support.actors.virtual_time import VirtualClock

WORKING = Note("transcribing", {"n": 2, "total": 4})


def event(seq: int, done: float, **changes: object) -> Event:
    told: dict[str, object] = {
        "job_id": "j",
        "seq": seq,
        "at": float(seq),
        "kind": EventKind.PROGRESS,
        "status": Status.PROCESSING,
        "stage": Stage.TRANSCRIBING,
        "progress": done,
        "note": WORKING,
        "seconds_done": done,
        "duration": 100.0,
    }
    return Event(**(told | changes))  # type: ignore[arg-type]  # the keys are its fields


@pytest.fixture
async def track(virtual_clock: VirtualClock) -> Track:
    track = Track("j")
    track.add(event(1, 0.0))
    track.under_way(1, 20.0, virtual_clock)
    return track


def latest(track: Track) -> TransientProgress:
    assert track.latest is not None
    return track.latest


async def test_it_is_never_less_than_what_is_written_down(track: Track) -> None:
    assert latest(track).progress == 20.0
    track.add(event(2, 40.0, piece=1))
    assert latest(track).progress == 40.0
    assert latest(track).at == 2.0


async def test_it_is_of_the_stage_that_the_job_is_in(track: Track) -> None:
    note = Note("retrying", {"attempt": 2, "limit": 3})
    track.add(event(2, 0.0, stage=Stage.RETRYING, note=note, piece=1))
    assert (latest(track).stage, latest(track).note) == (Stage.RETRYING, note)
    assert latest(track).progress == 20.0, "what is to be done again is no news"


async def test_a_retried_job_waits_again(track: Track) -> None:
    failed = event(2, 20.0, kind=EventKind.ERROR, status=Status.FAILED)
    track.add(failed)
    assert track.latest is None
    track.add(event(3, 20.0, status=Status.QUEUED, stage=Stage.QUEUED, note=Note("queued")))
    assert (latest(track).status, latest(track).stage) == (Status.QUEUED, Stage.QUEUED)


async def test_before_the_plan_and_after_the_end_there_is_nothing_to_tell() -> None:
    track = Track("j")
    track.add(event(1, 0.0, duration=None, stage=Stage.PREPARING))
    assert track.latest is None
    track.add(event(2, 0.0))
    assert latest(track).progress == 0.0
    track.add(event(3, 100.0, kind=EventKind.COMPLETED, status=Status.COMPLETED))
    assert track.latest is None


async def test_what_was_begun_before_it_was_followed_says_what_it_is_at(
    virtual_clock: VirtualClock,
) -> None:
    track = Track("j")
    track.begin(
        Job(
            id="j",
            owner="",
            status=Status.PROCESSING,
            stage=Stage.TRANSCRIBING,
            created_at=0.0,
            note=WORKING,
            duration=100.0,
            seconds_done=50.0,
        )
    )
    track.under_way(3, 10.0, virtual_clock)
    assert (latest(track).progress, latest(track).note) == (60.0, WORKING)


async def test_it_can_be_told_when_it_is_out_of_date(
    track: Track, virtual_clock: VirtualClock
) -> None:
    assert latest(track).after == 1
    track.add(event(7, 40.0, piece=1))
    assert latest(track).after == 7
    track.under_way(2, 1.0, virtual_clock)
    assert latest(track).after == 7
