"""When a follow of a job ends."""

from __future__ import annotations

import pytest

from retender.jobs.events import Event, EventKind
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from serve_app.live.following import ends


def event(kind: EventKind, seq: int) -> Event:
    return Event(
        job_id="j",
        seq=seq,
        at=0.0,
        kind=kind,
        status=Status.PROCESSING,
        stage=Stage.TRANSCRIBING,
        progress=0.0,
        note=Note("x"),
    )


@pytest.mark.parametrize(
    ("kind", "seq", "last"),
    [
        (EventKind.PROGRESS, 9, False),
        (EventKind.COMPLETED, 7, True),
        (EventKind.ERROR, 9, True),
        (EventKind.ERROR, 6, False),
    ],
)
def test_the_end_of_an_earlier_attempt_is_not_the_end(
    kind: EventKind, seq: int, last: bool
) -> None:
    assert ends(event(kind, seq), known=7) == last
