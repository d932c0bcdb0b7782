"""What is kept for replay is bounded, and nothing of it outlives its job."""

from __future__ import annotations

from actors.broadcasting.recent_events import RecentEvents
from retender.jobs.events import Event, EventKind
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.transcript.segments import Segment, Word


def event(job_id: str, seq: int, kind: EventKind = EventKind.PROGRESS, words: int = 0) -> Event:
    text = " ".join("palabra" for _ in range(words))
    timed = tuple(Word("palabra", n / 2, n / 2 + 0.4, 0.9) for n in range(words))
    return Event(
        job_id=job_id,
        seq=seq,
        at=1.0,
        kind=kind,
        status=Status.PROCESSING if kind is EventKind.PROGRESS else Status.COMPLETED,
        stage=Stage.TRANSCRIBING,
        progress=1.0,
        note=Note("transcribing"),
        segments=(Segment(seq, 0.0, 1.0, text, 0.9, words=timed),) if words else (),
    )


def numbers(events: tuple[Event, ...] | None) -> list[int] | None:
    return None if events is None else [each.seq for each in events]


def test_events_above_a_number_are_replayed_where_all_of_them_are_kept() -> None:
    recent = RecentEvents(most_events=3)
    for seq in range(1, 6):
        recent.add(event("a", seq))
    assert numbers(recent.since("a", 3)) == [4, 5]
    assert numbers(recent.since("a", 2)) == [3, 4, 5]
    assert recent.since("a", 1) is None
    assert recent.since("b", 0) is None


def test_a_gap_in_the_numbers_leaves_only_what_comes_after_it() -> None:
    recent = RecentEvents()
    recent.add(event("a", 1))
    recent.add(event("a", 7))
    assert recent.since("a", 3) is None
    assert numbers(recent.since("a", 6)) == [7]


def test_nothing_is_kept_of_a_job_that_ended() -> None:
    recent = RecentEvents()
    for job in range(100):
        for seq in range(1, 25):
            recent.add(event(f"job-{job}", seq, words=50))
        recent.add(event(f"job-{job}", 25, EventKind.COMPLETED))
    assert recent.bytes == 0
    assert recent.since("job-99", 24) is None


def test_the_bytes_of_all_jobs_are_bounded_and_the_quietest_job_goes_first() -> None:
    recent = RecentEvents(most_bytes=100_000)
    for seq in range(1, 40):
        for job in ("a", "b", "c", "d"):
            recent.add(event(job, seq, words=50))
            assert recent.bytes <= 100_000
    recent = RecentEvents(most_bytes=10_000)
    recent.add(event("quiet", 1, words=50))
    for seq in range(1, 10):
        recent.add(event("busy", seq, words=20))
    assert recent.since("quiet", 0) is None
    assert recent.since("busy", 8) is not None


def test_an_event_that_is_larger_than_everything_is_not_kept() -> None:
    recent = RecentEvents(most_bytes=100)
    recent.add(event("a", 1, words=50))
    assert recent.bytes == 0
