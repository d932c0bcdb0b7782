"""What a client gets of the news, as JSON."""

from __future__ import annotations

import pytest

from retender.errors import Failure
from retender.jobs.events import Event, EventKind, TransientProgress, iso, wire_message
from retender.jobs.messages import Note, failure_text
from retender.jobs.states import Stage, Status
from retender.transcript.segments import Segment

AT = 1_700_000_000.25
WHEN = "2023-11-14T22:13:20.250Z"


def event(kind: EventKind, status: Status, note: str = "transcribing", **more: object) -> Event:
    return Event(
        job_id="j",
        seq=7,
        at=AT,
        kind=kind,
        status=status,
        stage=Stage.TRANSCRIBING,
        progress=33.333,
        note=Note(note, {"n": 1, "total": 3}),
        **more,  # type: ignore[arg-type] # the test names the fields
    )


def test_times_are_iso_8601_in_utc_with_milliseconds() -> None:
    assert iso(AT) == WHEN
    assert iso(0.0) == "1970-01-01T00:00:00.000Z"


def test_progress_says_where_the_job_is_and_what_was_said_since() -> None:
    segments = (Segment(0, 0.0, 2.0, "hello"),)
    message = wire_message(event(EventKind.PROGRESS, Status.PROCESSING, segments=segments), "en")
    assert (message["type"], message["job_id"], message["seq"]) == ("progress", "j", 7)
    assert message["timestamp"] == WHEN
    said = message["data"].pop("segments")
    assert [segment["text"] for segment in said] == ["hello"]
    assert message["data"] == {
        "status": "processing",
        "stage": "transcribing",
        "progress": 33.3,
        "message": "Processing segment 1/3",
        "estimated_time_remaining": None,
    }


def test_a_message_without_new_text_carries_no_segments() -> None:
    assert (
        "segments" not in wire_message(event(EventKind.PROGRESS, Status.PROCESSING), "en")["data"]
    )


def test_it_speaks_the_readers_language() -> None:
    told = event(EventKind.COMPLETED, Status.COMPLETED, "completed")
    assert wire_message(told, "es")["data"]["message"] == "Transcripción completada"
    assert wire_message(told, "en")["data"]["message"] == "Transcription completed"


def test_passing_news_is_progress_without_a_number() -> None:
    news = TransientProgress(
        "j", AT, Status.PROCESSING, Stage.TRANSCRIBING, 50.0, Note("preparing"), 12.5
    )
    message = wire_message(news, "en")
    assert message["type"] == "progress"
    assert "seq" not in message
    assert message["data"]["estimated_time_remaining"] == 12.5


def test_the_end_says_when_and_that_it_is_whole() -> None:
    message = wire_message(event(EventKind.COMPLETED, Status.COMPLETED, "completed"), "en")
    assert message["type"] == "completed"
    assert message["data"]["progress"] == 100
    assert message["data"]["completed_at"] == WHEN


def test_a_failure_says_why_by_its_code() -> None:
    failure = Failure("corrupt_media", "moov atom not found")
    message = wire_message(event(EventKind.ERROR, Status.FAILED, "failed", failure=failure), "en")
    assert message["type"] == "error"
    assert message["data"] == {
        "status": "failed",
        "error": failure_text("corrupt_media", "en"),
        "code": "corrupt_media",
        "detail": "moov atom not found",
        "completed_at": WHEN,
    }


def test_a_failure_without_a_reason_is_the_services_own() -> None:
    message = wire_message(event(EventKind.ERROR, Status.FAILED, "failed"), "en")
    assert message["data"]["code"] == "internal"
    assert message["data"]["error"] == failure_text("internal", "en")
    assert message["data"]["detail"] == "The transcription could not be completed"


def test_a_cancellation_says_when() -> None:
    message = wire_message(event(EventKind.CANCELLED, Status.CANCELLED, "cancelled"), "en")
    assert message["type"] == "cancelled"
    assert message["data"] == {"status": "cancelled", "completed_at": WHEN}


@pytest.mark.parametrize("kind", list(EventKind))
def test_only_progress_is_followed_by_more(kind: EventKind) -> None:
    assert event(kind, Status.PROCESSING).last == (kind is not EventKind.PROGRESS)
