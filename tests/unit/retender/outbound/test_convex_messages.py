"""The messages to Convex, held to the examples that the functions are held to as well."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest

from retender.errors import CorruptMedia, Failure
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job, Options
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.outbound import convex_messages as messages
from retender.outbound.convex_chunks import ChunkCutter
from retender.outbound.limits import (
    CONVEX_BODY_BYTES,
    CONVEX_ERROR_CHARS,
    CONVEX_SEGMENTS,
)
from retender.transcript.chunks import Seam
from retender.transcript.segments import Segment, Word
from tests.support.paths import PROJECT

EXAMPLES: dict[str, dict[str, Any]] = {
    each["why"]: each["payload"]
    for each in json.loads((PROJECT / "tests/convex/payloads.json").read_text())
}


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


CREATED, STARTED = at("2026-01-31T12:00:00.123Z"), at("2026-01-31T12:00:01.007Z")
JOB = Job(
    id="4f1c0000000000000000000000000001",
    owner="",
    user_id="https://auth.example.com|ana",
    status=Status.PROCESSING,
    stage=Stage.TRANSCRIBING,
    created_at=CREATED,
    started_at=STARTED,
    seq=4,
    note=Note("transcribing", {"n": 2, "total": 4}),
    duration=200.0,
    seconds_done=85.0,
)


def job(**changes: Any) -> Job:
    return msgspec.structs.replace(JOB, **changes)


def plain(value: Any) -> Any:
    """Without what is null, which counts as absent."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each not in (None, [], ())}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def decoded(body: bytes) -> Any:
    return plain(json.loads(body))


def test_a_queued_job() -> None:
    queued = job(
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        seq=1,
        note=Note("queued", {"position": 1}),
        started_at=None,
        duration=None,
    )
    assert plain(messages.snapshot(queued, None, "es")) == plain(EXAMPLES["a job is queued"])


def test_a_job_that_moves() -> None:
    expected = EXAMPLES["it moves; progress between two events keeps the version"]
    assert plain(messages.snapshot(JOB, None, "es")) == expected


def test_progress_between_two_events_keeps_the_version() -> None:
    latest = TransientProgress(
        JOB.id, 0.0, Status.PROCESSING, Stage.TRANSCRIBING, 61.26, Note("transcribing"), after=4
    )
    message = messages.snapshot(JOB, latest, "es")
    assert (message["version"], message["progress"]) == (4, 61.3)
    assert message["message"] == "Transcribiendo"


def completed(**changes: Any) -> Job:
    return job(
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        seq=9,
        note=Note("completed"),
        completed_at=STARTED + 1.2,
        duration=2.4,
        language="es",
        language_probability=0.98,
        model="medium",
        engine="local",
        **changes,
    )


def test_a_completed_job_with_a_transcript_that_fits() -> None:
    words = (
        Word("Hola", 0.0, 0.4, 0.99),
        Word("a", 0.5, 0.6, 0.97),
        Word("todos.", 0.6, 2.2, 0.91),
    )
    hello = Segment(0, 0.0, 2.2, "Hola a todos.", 0.93, "es", words)
    ended = completed(seam=Seam(next_id=1))
    message = messages.snapshot(ended, None, "es")
    body = messages.with_result(message, messages.transcript_of(ended, (hello,)))
    assert body is not None
    expected = plain(EXAMPLES["it is completed, with a transcript that fits"])
    found = decoded(body)
    assert found["result"].pop("processing_time") == pytest.approx(1.2)
    expected["result"].pop("processing_time")
    assert found.pop("timestamps")["completedAt"] == "2026-01-31T12:00:02.207Z"
    expected.pop("timestamps")
    assert found == expected


def test_a_long_transcript_goes_ahead_in_chunks() -> None:
    long = completed(id="4f1c0000000000000000000000000002", user_id=None)
    first = EXAMPLES["the first chunk of a long transcript"]
    last = EXAMPLES["its second and last chunk"]
    spoken = tuple(
        Segment(each["id"], each["start"], each["end"], each["text"], each["confidence"])
        for each in (*first["chunk"]["segments"], *last["chunk"]["segments"])
    )
    cutter = ChunkCutter(timed=True, most=2)
    chunks = [*cutter.add(spoken), *cutter.finish()]
    message = messages.snapshot(long, None, "es")
    bodies = [decoded(messages.with_chunk(message, chunk)) for chunk in chunks]
    assert [body["chunk"] for body in bodies] == [plain(first["chunk"]), plain(last["chunk"])]
    assert all("result" not in body for body in bodies)
    assert {body["status"] for body in bodies} == {"completed"}


def test_and_its_end_says_how_many_there_are() -> None:
    ended = completed(requested_model="large-v3")
    message = messages.snapshot(ended, None, "es")
    about = messages.transcript_of(ended, ())
    result = decoded(messages.with_chunk_count(message, about, chunks=2, silent=False))["result"]
    expected = EXAMPLES["and its end, which says how many chunks there are"]["result"]
    assert result.keys() == expected.keys()
    assert (result["chunks"], result["requested_model"]) == (2, "large-v3")
    silent = decoded(messages.with_chunk_count(message, about, chunks=1, silent=True))["result"]
    assert silent["no_speech"] is True


def test_a_failed_job_says_why() -> None:
    failed = job(
        status=Status.FAILED,
        failure=CorruptMedia("ffmpeg found no samples").failure(),
        completed_at=STARTED,
    )
    message = messages.snapshot(failed, None, "es")
    assert message["error"]["code"] == EXAMPLES["a job fails"]["error"]["code"]
    assert message["error"].keys() == EXAMPLES["a job fails"]["error"].keys()
    assert message["error"]["detail"] == "ffmpeg found no samples"


def test_a_reason_too_long_for_convex_is_cut() -> None:
    failed = job(status=Status.FAILED, failure=Failure("internal", "x" * 9000))
    assert len(messages.snapshot(failed, None, "es")["error"]["detail"]) == CONVEX_ERROR_CHARS


def test_a_job_that_goes_on_again_has_not_ended() -> None:
    """Convex takes the time of the end of ended jobs only."""
    message = messages.snapshot(job(completed_at=STARTED), None, "es")
    assert message["timestamps"]["completedAt"] is None


def test_what_is_too_long_for_one_message_is_not_made_into_one() -> None:
    ended = completed()
    message = messages.snapshot(ended, None, "es")
    many = tuple(Segment(n, n, n + 1, "a") for n in range(CONVEX_SEGMENTS + 1))
    large = (Segment(0, 0.0, 1.0, "a" * (CONVEX_BODY_BYTES // 2 + 1)),)
    for segments in (many, large):
        assert messages.with_result(message, messages.transcript_of(ended, segments)) is None


def test_who_asked_for_no_times_gets_none() -> None:
    ended = completed(options=Options(timestamps=False))
    spoken = messages.transcript_of(ended, (Segment(0, 0.0, 1.0, "Hola."),))
    body = messages.with_result(messages.snapshot(ended, None, "es"), spoken)
    assert body is not None
    assert json.loads(body)["result"]["segments"] == []
    assert json.loads(body)["result"]["text"] == "Hola."
