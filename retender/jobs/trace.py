"""The trace of a job: what it carries of it, and the records that spans are made from.

The ids of a trace follow from the job alone: so spans that were sent before a restart, and those
that are sent after it, belong together. A submission that brings a `traceparent` (W3C Trace
Context) has its job in the caller's trace. Otherwise the id of the trace is the id of the job.
"""

from __future__ import annotations

import enum
import hashlib
import re
from typing import Final, NamedTuple

import msgspec

_PARENT: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})"
    r"-(?P<span>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
_TRACE_ID: Final = re.compile("(?!0{32})[0-9a-f]{32}")


class Trace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job keeps for its trace, from its submission to its end."""

    parent: str = ""
    """The `traceparent` of the submission; empty if there was none."""
    began: float | None = None
    """When the upload began, or the present run of a job that was retried; None: not known."""
    queued: float | None = None
    """When the job entered the queue; None: with its submission."""
    run: int = 0
    """How often the failed job was retried on request."""


UNTRACED: Final = Trace()
"""Of a job that was submitted while no traces were made."""


class Part(enum.StrEnum):
    """The parts of a job's life. Each becomes a span of this name."""

    JOB = "job"
    UPLOAD = "upload"
    QUEUE = "queue"
    PREPARATION = "preparation"
    CHUNK = "chunk"
    WEBHOOK = "webhook"
    CONVEX = "convex"


class TraceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a job's life that is over. Of a piece: one attempt at it."""

    part: Part
    job_id: str
    trace: Trace
    began: float
    ended: float
    outcome: str
    failed: bool = False
    code: str = ""
    """Of the error; never its sentence, which may tell of the recording."""
    chunk: int | None = None
    attempt: int | None = None
    worker: str = ""
    engine: str = ""
    model: str = ""
    audio_seconds: float | None = None
    receiver: str = ""
    """The host that a webhook goes to."""


class TracePage(msgspec.Struct, frozen=True):
    """Records in the order in which their parts ended; the next page begins after `position`."""

    records: tuple[TraceRecord, ...]
    position: int
    missed: int = 0
    """Records that were dropped since the page before, because nobody read them."""


class Parent(NamedTuple):
    trace_id: str
    span_id: str
    sampled: bool


def checked_parent(header: str) -> str:
    """The header as it is kept; empty if it is no valid `traceparent`, which is then ignored."""
    found = _PARENT.fullmatch(header.strip())
    if found is None or (found["version"] == "00" and found["rest"]):
        return ""
    return f"00-{found['trace']}-{found['span']}-{found['flags']}"


def next_run(trace: Trace, at: float) -> Trace:
    """Of a failed job that is retried."""
    return Trace(parent=trace.parent, began=at, queued=at, run=trace.run + 1)


def parent_of(trace: Trace) -> Parent | None:
    """The caller's span; None if the submission named none."""
    if not trace.parent:
        return None
    _, trace_id, span_id, flags = trace.parent.split("-")
    return Parent(trace_id, span_id, bool(int(flags, 16) & 1))


def trace_id(job_id: str, trace: Trace) -> str:
    parent = parent_of(trace)
    if parent is not None:
        return parent.trace_id
    return job_id if _TRACE_ID.fullmatch(job_id) else _digest(job_id)[:32]


def root_span_id(job_id: str, trace: Trace) -> str:
    """The span of the job, the parent of all its other spans; each run has one of its own."""
    return _digest(job_id, trace.run)[:16]


def span_id(record: TraceRecord) -> str:
    """The same for the same record: one that is sent twice is one span."""
    if record.part is Part.JOB:
        return root_span_id(record.job_id, record.trace)
    number = (record.chunk, record.attempt, record.worker, record.began)
    return _digest(record.job_id, record.trace.run, record.part, *number)[:16]


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
