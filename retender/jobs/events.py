"""The two kinds of updates about a job, and their JSON.

An `Event` is numbered within its job, stored in the same transaction as the change it reports, and
can be replayed. `TransientProgress` has no number and is never stored: the next one replaces it.
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
    """The piece whose work has ended: transient progress on it is out of date."""
    failure: Failure | None = None
    position: int = 0
    """Its number in the log of all jobs, set when it is committed."""

    @property
    def last(self) -> bool:
        """No event follows, unless a failed job is retried."""
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
    """The number of the last event before it: if there is a later event, it is out of date."""


def iso(at: float) -> str:
    """ISO 8601, UTC, milliseconds, `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wire_message(update: Event | TransientProgress, language: str) -> dict[str, Any]:
    """The JSON message for clients, without the result of a completed job."""
    event = update if isinstance(update, Event) else None
    message = {
        "type": str(event.kind if event else EventKind.PROGRESS),
        "job_id": update.job_id,
        "data": _BODY[event.kind](event, language) if event else _progress_data(update, language),
        "timestamp": iso(update.at),
    }
    return {**message, "seq": event.seq} if event else message


def _progress_data(update: Event | TransientProgress, language: str) -> dict[str, Any]:
    return {
        "status": str(update.status),
        "stage": str(update.stage),
        "progress": round(update.progress, 1),
        "message": note_text(update.note, language),
        "estimated_time_remaining": getattr(update, "estimated_time_remaining", None),
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
