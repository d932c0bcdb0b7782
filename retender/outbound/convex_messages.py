"""The messages to the Convex endpoint: a job as it stands, and a transcript in parts.

Every message is a snapshot with the number of the job's last event as its version, so that messages
may be lost, repeated or overtaken. `convex/README.md` has the fields and their limits.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from retender.errors import Failure
from retender.jobs.bodies import failure_body, job_body
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.outbound.convex_chunks import TextChunk
from retender.outbound.limits import (
    CONVEX_BODY_BYTES,
    CONVEX_ERROR_CHARS,
    CONVEX_MESSAGE_CHARS,
    CONVEX_SEGMENTS,
)
from retender.transcript.formats import result
from retender.transcript.segments import Segment, Transcript

PATH: Final = "/updateTranscriptionJob"

Message = dict[str, Any]


def snapshot(job: Job, latest: TransientProgress | None, language: str) -> Message:
    """The job without its result. `latest`: its progress since the last event, if any."""
    body = job_body(JobStatus(job), latest, language)
    message: Message = {
        "jobId": job.id,
        "version": job.seq,
        "status": body["status"],
        "stage": body["stage"],
        "progress": body["progress"],
        "message": body["message"][:CONVEX_MESSAGE_CHARS],
        "timestamps": {
            "createdAt": body["created_at"],
            "startedAt": body["started_at"],
            "completedAt": body["completed_at"] if job.finished else None,
        },
    }
    if job.user_id:
        message["userId"] = job.user_id
    if job.status is Status.FAILED:
        message["error"] = _error(job, language)
    return message


def with_result(message: Message, transcript: Transcript) -> bytes | None:
    """The end of a completed job, its transcript included; None if that is too long for one
    message."""
    if len(transcript.segments) > CONVEX_SEGMENTS:
        return None
    body = encoded({**message, "result": result(transcript)})
    return body if len(body) <= CONVEX_BODY_BYTES else None


def with_chunk(message: Message, chunk: TextChunk) -> bytes:
    """A part of the transcript, sent before the end."""
    part = {"index": chunk.index, "text": chunk.text, "segments": chunk.segments}
    return encoded({**message, "chunk": part})


def with_chunk_count(
    message: Message, transcript: Transcript, *, chunks: int, silent: bool
) -> bytes:
    """The end of a completed job whose transcript has been sent in chunks. `transcript` lacks its
    segments; `silent`: none of them had a text."""
    about = {
        name: value
        for name, value in result(transcript).items()
        if name not in {"text", "segments", "no_speech"}
    }
    about |= {"chunks": chunks} | ({"no_speech": True} if silent else {})
    return encoded({**message, "result": about})


def transcript_of(job: Job, segments: tuple[Segment, ...]) -> Transcript:
    """The transcript of a completed job with these of its segments."""
    began, ended = job.started_at, job.completed_at
    return Transcript(
        segments=segments,
        language=job.language,
        language_probability=job.language_probability,
        language_candidates=job.language_candidates,
        duration=job.duration or 0.0,
        processing_time=max(0.0, ended - began) if began and ended else 0.0,
        model=job.model or job.options.model,
        requested_model=job.requested_model,
        engine=job.engine or job.options.engine,
        timed=job.options.timestamps,
    )


def encoded(message: Message) -> bytes:
    return msgspec.json.encode(message)


def _error(job: Job, language: str) -> dict[str, str]:
    failure = job.failure or Failure("internal", "the reason is not known")
    body = failure_body(failure, language)
    return {name: str(body[name])[:CONVEX_ERROR_CHARS] for name in ("code", "message", "detail")}
