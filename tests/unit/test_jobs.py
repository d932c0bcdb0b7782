"""A job as a value."""

from __future__ import annotations

import msgspec
import pytest

from retender.chunks import Seam
from retender.jobs import Audio, Job, Options, Task, cache_key
from retender.states import Stage, Status
from retender.submission import Submission, new_job, same_request

AUDIO = Audio("a" * 64, 1000)
OTHER_AUDIO = Audio("b" * 64, 1000)
JOB = Job(id="j", owner="", status=Status.PROCESSING, stage=Stage.TRANSCRIBING, created_at=0.0)

DIFFERENT = [
    Options(language="es"),
    Options(model="large"),
    Options(engine="groq"),
    Options(task=Task.TRANSLATE),
    Options(timestamps=False),
    Options(word_timestamps=True),
    Options(multilingual=True),
    Options(vad=False),
    Options(prompt="names"),
    Options(hotwords="names"),
    Options(temperature=0.5),
]


def test_equal_options_on_equal_audio_have_one_key() -> None:
    again = msgspec.json.decode(msgspec.json.encode(Options(model="m")), type=Options)
    assert cache_key(AUDIO, Options(model="m")) == cache_key(AUDIO, again)


def test_every_option_that_may_change_the_text_changes_the_key() -> None:
    assert {field for each in DIFFERENT for field in msgspec.to_builtins(each)} == set(
        Options.__struct_fields__
    )
    keys = {cache_key(AUDIO, each) for each in (Options(), *DIFFERENT)}
    keys.add(cache_key(OTHER_AUDIO, Options()))
    assert len(keys) == len(DIFFERENT) + 2


def test_without_audio_there_is_no_key() -> None:
    assert JOB.cache_key is None
    assert msgspec.structs.replace(JOB, audio=AUDIO).cache_key == cache_key(AUDIO, Options())


@pytest.mark.parametrize(
    ("duration", "done", "shown"),
    [(None, 0.0, 0.0), (0.0, 0.0, 0.0), (200.0, 50.0, 25.0), (100.0, 100.0, 99.0)],
)
def test_progress_is_a_hundred_only_when_completed(
    duration: float | None, done: float, shown: float
) -> None:
    job = msgspec.structs.replace(JOB, duration=duration, seconds_done=done)
    assert job.progress == shown
    assert msgspec.structs.replace(job, status=Status.COMPLETED).progress == 100.0


def test_no_speech_is_said_of_a_completed_job_without_text_only() -> None:
    completed = msgspec.structs.replace(JOB, status=Status.COMPLETED)
    assert (JOB.no_speech, completed.no_speech) == (False, True)
    assert not msgspec.structs.replace(completed, seam=Seam(next_id=1)).no_speech


def test_a_submission_without_audio_begins_as_an_upload() -> None:
    waiting = new_job(Submission(job_id="j"), at=3.0)
    assert (waiting.status, waiting.stage, waiting.created_at) == (
        Status.PENDING,
        Stage.UPLOADING,
        3.0,
    )
    assert new_job(Submission(job_id="j", audio=AUDIO), at=3.0).status is Status.QUEUED


def test_the_same_is_asked_for_with_the_same_audio_and_options() -> None:
    job = msgspec.structs.replace(JOB, audio=AUDIO)
    assert same_request(job, Submission(job_id="x", audio=AUDIO))
    assert not same_request(job, Submission(job_id="x", audio=OTHER_AUDIO))
    assert not same_request(job, Submission(job_id="x", audio=AUDIO, options=Options(vad=False)))


def test_audio_that_is_still_to_come_may_be_the_same() -> None:
    assert same_request(JOB, Submission(job_id="x", audio=AUDIO))
    assert same_request(msgspec.structs.replace(JOB, audio=AUDIO), Submission(job_id="x"))
