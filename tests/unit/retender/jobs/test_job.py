"""A job as a value."""

from __future__ import annotations

import msgspec
import pytest

from retender.audio.cleaning import Channel, Cleaning
from retender.jobs.job import Job, Options, Task, cache_key
from retender.jobs.states import Stage, Status
from retender.jobs.submission import Submission, new_job, same_request
from retender.storage.audio import Audio
from retender.transcript.chunks import Seam

AUDIO = Audio("a" * 64, 1000)
OTHER_AUDIO = Audio("b" * 64, 1000)
JOB = Job(id="j", owner="", status=Status.PROCESSING, stage=Stage.TRANSCRIBING, created_at=0.0)

DIFFERENT = [
    Options(language="es"),
    Options(languages=("en", "es")),
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
    Options(no_speech_threshold=0.5),
    Options(log_prob_threshold=-0.5),
    Options(compression_ratio_threshold=2.0),
    Options(suppress_numerals=True),
    Options(channel=Channel.LEFT),
    Options(highpass=True),
    Options(denoise=True),
    Options(normalize=True),
]


def test_equal_options_on_equal_audio_have_one_key() -> None:
    again = msgspec.json.decode(msgspec.json.encode(Options(model="m")), type=Options)
    assert cache_key(AUDIO, Options(model="m")) == cache_key(AUDIO, again)


def test_languages_are_written_in_one_way() -> None:
    """So equal wishes have equal keys."""
    settled = Options(languages=("es", "en", "es")).language_settled()
    assert settled == Options(languages=("en", "es"))
    assert Options(languages=("es",)).language_settled() == Options(language="es")
    assert Options(language="fr", languages=("es", "en")).language_settled() == Options(
        language="fr"
    )
    several = Options(languages=("es",), multilingual=True)
    assert several.language_settled() == several


def test_what_is_said_to_be_as_usual_changes_no_key() -> None:
    """Such as by a form whose every field is sent."""
    said = msgspec.to_builtins(DIFFERENT[0])
    for field in Options.__struct_fields__:
        said.setdefault(field, getattr(Options(), field))
    spelt_out = msgspec.json.decode(msgspec.json.encode(said), type=Options)
    assert cache_key(AUDIO, spelt_out) == cache_key(AUDIO, DIFFERENT[0])


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (Options(), "a59663f5a7fbfe73b425905dacb3d236c5d22531d6b46d2235401f5dc6b73408"),
        (
            Options(language="es", vad=False),
            "f530ac386617d44e60a1a8ed039b3d0cb97713421bf3259185366013d320a47f",
        ),
    ],
)
def test_what_was_recognised_by_an_older_version_is_found_again(options: Options, key: str) -> None:
    assert cache_key(Audio("a" * 64, 1), options) == key


def test_a_job_of_an_older_version_leaves_its_sound_as_it_is() -> None:
    old = msgspec.json.decode(b'{"language":"es","vad":false}', type=Options)
    assert old == Options(language="es", vad=False)
    assert old.cleaning.is_default


def test_what_an_older_version_stored_under_other_names_is_read() -> None:
    stored = msgspec.json.encode(JOB)[:-1] + b',"heard":{"es":2.0},"room_at":3.0}'
    job = msgspec.json.decode(stored, type=Job)
    assert (job.seconds_by_language, job.limited_until) == ({"es": 2.0}, 3.0)


def test_each_way_of_cleaning_can_be_asked_for() -> None:
    asked = Options(channel=Channel.RIGHT, highpass=True, denoise=True, normalize=True)
    assert asked.cleaning == Cleaning(
        channel=Channel.RIGHT, high_pass=80, noise_reduction=True, loudness=True
    )
    assert not asked.cleaning.is_default


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
