"""A job as those see it who ask for it now and then."""

from __future__ import annotations

import msgspec

from retender.jobs.bodies import job_body
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job, Options
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.jobs.submission import JobStatus

JOB = Job(
    id="j",
    owner="",
    status=Status.PROCESSING,
    stage=Stage.RETRYING,
    created_at=0.0,
    seq=5,
    note=Note("retrying", {"attempt": 2, "limit": 3}),
    duration=100.0,
    seconds_done=20.0,
)


def seen(progress: float, after: int) -> tuple[float, str, str]:
    passing = TransientProgress(
        "j", 1.0, Status.PROCESSING, Stage.TRANSCRIBING, progress, Note("transcribing"), 9.0, after
    )
    body = job_body(JobStatus(JOB), passing, "en")
    return body["progress"], body["stage"], body["message"]


def test_what_is_under_way_is_seen_before_it_is_written_down() -> None:
    assert seen(30.0, after=5) == (30.0, "transcribing", "Transcribing")


def test_news_that_is_out_of_date_brings_no_old_stage_back_and_no_percentage() -> None:
    assert seen(10.0, after=4) == (20.0, "retrying", "Retrying (attempt 2 of 3)")
    assert seen(30.0, after=4) == (30.0, "retrying", "Retrying (attempt 2 of 3)")


def test_an_engine_is_told_once_it_is_decided() -> None:
    body = job_body(JobStatus(JOB), None, "en")
    assert body["engine"] is None
    decided = msgspec.structs.replace(JOB, engine="groq")
    assert job_body(JobStatus(decided), None, "en")["engine"] == "groq"


def test_the_options_are_those_that_were_given_and_nothing_of_the_caller() -> None:
    given = msgspec.structs.replace(
        JOB,
        options=Options(language="es", timestamps=False, hotwords="Retender"),
        name="private.m4a",
        user_id="u",
        callback_url="https://example.org/secret",
    )
    assert job_body(JobStatus(given), None, "en")["options"] == {
        "language": "es",
        "return_timestamps": False,
        "hotwords": "Retender",
    }
    assert job_body(JobStatus(JOB), None, "en")["options"] == {}
