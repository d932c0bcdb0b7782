"""The two kinds of news about a job, kept apart.

`Event`s last: each is numbered within its job, written in the transaction that makes it true, and
can be had again by number. `Passing` news is overtaken by the next: it has no number, is never
stored, and only the latest counts.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any

import msgspec

from retender.errors import Failure
from retender.jobs.messages import Note, failure_text, note_text
from retender.jobs.states import Stage, Status
from retender.transcript.segments import Segment


class EventKind(enum.StrEnum):
    PROGRESS = "progress"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    job_id: str
    seq: int
    at: float
    kind: EventKind
    status: Status
    stage: Stage
    progress: float
    note: Note
    seconds_done: float = 0.0
    duration: float | None = None
    segments: tuple[Segment, ...] = ()
    piece: int | None = None
    """The piece whose end this tells of: what was under way of it is now done, or void."""
    failure: Failure | None = None
    position: int = 0
    """Its place in the log of all jobs; given by the journal's only writer."""

    @property
    def last(self) -> bool:
        """Nothing follows, unless a failed job is retried."""
        return self.kind is not EventKind.PROGRESS


class TransientProgress(msgspec.Struct, frozen=True, omit_defaults=True):
    job_id: str
    at: float
    status: Status
    stage: Stage
    progress: float
    note: Note
    estimated_time_remaining: float | None = None
    after: int = 0
    """The number of the last event it knows of: beside a later one it is out of date."""


def iso(at: float) -> str:
    """ISO 8601, UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wire_message(news: Event | TransientProgress, language: str) -> dict[str, Any]:
    """The message as clients get it. A completed job's result is added where it is sent."""
    body = (
        _BODY[news.kind](news, language)
        if isinstance(news, Event)
        else _progress_data(news, language)
    )
    kind = news.kind if isinstance(news, Event) else EventKind.PROGRESS
    message: dict[str, Any] = {
        "type": str(kind),
        "job_id": news.job_id,
        "data": body,
        "timestamp": iso(news.at),
    }
    if isinstance(news, Event):
        message["seq"] = news.seq
    return message


def _progress_data(news: Event | TransientProgress, language: str) -> dict[str, Any]:
    return {
        "status": str(news.status),
        "stage": str(news.stage),
        "progress": round(news.progress, 1),
        "message": note_text(news.note, language),
        "estimated_time_remaining": getattr(news, "estimated_time_remaining", None),
    }


def _progress(event: Event, language: str) -> dict[str, Any]:
    body = _progress_data(event, language)
    if event.segments:
        body["segments"] = msgspec.to_builtins(event.segments)
    return body


def _completed(event: Event, language: str) -> dict[str, Any]:
    return {
        "status": str(event.status),
        "progress": 100,
        "message": note_text(event.note, language),
        "completed_at": iso(event.at),
    }


def _error(event: Event, language: str) -> dict[str, Any]:
    failure = event.failure or Failure("internal", note_text(event.note, language))
    return {
        "status": str(event.status),
        "error": failure_text(failure.code, language),
        "code": failure.code,
        "detail": failure.message,
        "completed_at": iso(event.at),
    }


def _cancelled(event: Event, _language: str) -> dict[str, Any]:
    return {"status": str(event.status), "completed_at": iso(event.at)}


_BODY = {
    EventKind.PROGRESS: _progress,
    EventKind.COMPLETED: _completed,
    EventKind.ERROR: _error,
    EventKind.CANCELLED: _cancelled,
}
