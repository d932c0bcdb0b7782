"""What a piece waits for, a model on its way say, as those who watch its job see it."""

from __future__ import annotations

import pytest

from actors.broadcasting.progress import Track
from retender.jobs.events import Event, EventKind, TransientProgress
from retender.jobs.messages import Note, note_text
from retender.jobs.states import Stage, Status
from tests.support.actors.virtual_time import VirtualClock

ARRIVING: dict[str, str | int | float] = {
    "model": "small",
    "percent": 25,
    "done": 121,
    "total": 484,
}
WAIT = (Stage.DOWNLOADING_MODEL, Note("downloading_model", ARRIVING))


def event(seq: int, stage: Stage, *, piece: int | None = None, done: float = 0.0) -> Event:
    planned = stage is Stage.TRANSCRIBING
    return Event(
        job_id="job",
        seq=seq,
        at=0.0,
        kind=EventKind.PROGRESS,
        status=Status.PROCESSING,
        stage=stage,
        progress=done,
        note=Note(str(stage), {"n": 1, "total": 2} if planned else {}),
        seconds_done=done,
        duration=100.0 if planned else None,
        piece=piece,
    )


@pytest.fixture
async def track(virtual_clock: VirtualClock) -> Track:
    track = Track("job")
    track.add(event(1, Stage.PREPARING))
    return track


def shown(news: TransientProgress | None) -> tuple[Stage, float]:
    assert news is not None
    return news.stage, news.progress


async def test_a_download_is_shown_before_anything_is_known_of_the_recording(
    track: Track, virtual_clock: VirtualClock
) -> None:
    assert track.under_way(0, 0.0, virtual_clock) is None
    news = track.under_way(0, 0.0, virtual_clock, WAIT)
    assert shown(news) == (Stage.DOWNLOADING_MODEL, 0.0)
    assert news is not None
    assert note_text(news.note, "es") == "Descargando el modelo small: 25 % (121 de 484 MB)"
    assert note_text(news.note, "en") == "Downloading model small: 25% (121 of 484 MB)"
    assert track.latest == news


async def test_when_the_model_is_there_the_job_is_where_it_was(
    track: Track, virtual_clock: VirtualClock
) -> None:
    track.under_way(0, 0.0, virtual_clock, WAIT)
    assert shown(track.under_way(0, 0.0, virtual_clock)) == (Stage.PREPARING, 0.0)
    track.add(event(2, Stage.TRANSCRIBING, piece=0, done=10.0))
    assert shown(track.latest) == (Stage.TRANSCRIBING, 10.0)


async def test_a_wait_ends_with_the_piece_that_waited(
    track: Track, virtual_clock: VirtualClock
) -> None:
    track.under_way(0, 0.0, virtual_clock, WAIT)
    track.add(event(2, Stage.TRANSCRIBING, piece=0, done=10.0))
    assert shown(track.latest) == (Stage.TRANSCRIBING, 10.0)


async def test_a_wait_is_not_shown_while_other_pieces_of_the_job_go_on(
    track: Track, virtual_clock: VirtualClock
) -> None:
    track.add(event(2, Stage.TRANSCRIBING, piece=0))
    track.under_way(1, 5.0, virtual_clock)
    assert shown(track.under_way(2, 0.0, virtual_clock, WAIT)) == (Stage.TRANSCRIBING, 5.0)
    track.add(event(3, Stage.TRANSCRIBING, piece=1, done=50.0))
    assert shown(track.under_way(2, 0.0, virtual_clock, WAIT)) == (Stage.DOWNLOADING_MODEL, 50.0)


async def test_nothing_waits_after_the_end(track: Track, virtual_clock: VirtualClock) -> None:
    track.under_way(0, 0.0, virtual_clock, WAIT)
    end = event(2, Stage.PREPARING)
    track.add(
        Event(
            job_id="job",
            seq=2,
            at=0.0,
            kind=EventKind.CANCELLED,
            status=Status.CANCELLED,
            stage=end.stage,
            progress=0.0,
            note=Note("cancelled"),
        )
    )
    assert track.latest is None
    assert track.under_way(0, 0.0, virtual_clock, WAIT) is None
