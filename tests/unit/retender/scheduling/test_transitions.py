"""What follows from what happens to a job, case by case."""

from __future__ import annotations

import pytest

from retender.errors import EngineFailed, ModelUnavailable, WorkerCrashed
from retender.jobs.job import Job, Options
from retender.jobs.pieces import PREPARATION, PieceState
from retender.jobs.retry import RetryPolicy
from retender.jobs.states import Stage, Status
from retender.journal.api import CopyTranscript, DropPieces
from retender.scheduling import transitions
from retender.scheduling.draft import Draft
from retender.scheduling.limits import INTERRUPTIONS, SEGMENTS_PER_EVENT
from retender.transcript.chunks import Chunk
from tests.support.actors.job_story import AUDIO, SECOND, Table, chunks

POLICY = RetryPolicy(attempts=2)


# The beginning


def test_a_job_whose_audio_is_known_when_it_arrives_is_completed_with_its_text() -> None:
    table = Table(Status.PENDING)
    known = Job(
        id="known",
        owner="ben",
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        created_at=0.0,
        audio=AUDIO,
        seq=40,
        duration=90.0,
        language="es",
        chunks=3,
        chunks_done=3,
    )
    draft = table.draft()
    job = transitions.audio_arrived(draft, "j", AUDIO, known)
    assert (job.status, job.owner, job.audio) == (Status.COMPLETED, "ana", AUDIO)
    assert (job.duration, job.language, job.chunks_done) == (90.0, "es", 3)
    assert [event.seq for event in draft.events] == [2], "its own numbers, not those of the other"
    assert draft.events[0].last
    assert CopyTranscript("known", "j") in draft.writes


def test_changed_options_keep_what_the_job_came_with_and_its_place() -> None:
    table = Table()
    for language in ("es", "fr"):
        draft = table.draft()
        job = transitions.options_changed(draft, "j", Options(language=language), "groq", None)
        table.active.merge(draft)
        assert (job.status, job.stage, job.engine) == (Status.QUEUED, Stage.QUEUED, "groq")
        assert (job.options.language, job.submitted) == (language, Options())
        assert (draft.rerouted, draft.pieces) == ({"j"}, {}), "enqueued again, with the same piece"
    assert [event.note.key for event in draft.events] == ["options_changed"]


def test_a_job_whose_text_is_known_by_its_changed_options_has_no_pieces_left() -> None:
    known = Job(
        id="known",
        owner="ana",
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        created_at=0.0,
        audio=AUDIO,
        language="es",
    )
    draft = Table().draft()
    job = transitions.options_changed(draft, "j", Options(language="es"), None, known)
    assert (job.status, job.language, draft.events[-1].last) == (Status.COMPLETED, "es", True)
    assert CopyTranscript("known", "j") in draft.writes
    assert DropPieces("j") in draft.writes


def test_a_job_is_begun_once_however_often_it_is_begun_again() -> None:
    table = Table()
    first = table.give(PREPARATION)
    assert table.job.started_at == 5.0
    draft = table.draft()
    transitions.failed(draft, first, EngineFailed("again").failure(), POLICY, 0.5)
    table.active.merge(draft)
    draft = Draft(table.active, at=50.0, position=0)
    transitions.grant(draft, "j", PREPARATION, "t9")
    assert draft.job("j").started_at == 5.0
    assert draft.job("j").stage is Stage.PREPARING


def test_the_next_piece_of_a_running_job_makes_no_noise() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    table.give(1)
    draft = table.draft()
    transitions.grant(draft, "j", 2, "t9")
    assert draft.events == []


def test_what_is_not_speech_is_done_with_the_plan() -> None:
    table = Table()
    table.prepare(Chunk(50 * SECOND, 60 * SECOND), duration=100.0)
    assert table.job.seconds_done == 90.0
    assert table.job.progress == 90.0


def test_a_recording_without_speech_is_completed_at_once() -> None:
    draft = Table().prepare(duration=300.0)
    assert draft.job("j").status is Status.COMPLETED
    assert draft.job("j").no_speech
    assert draft.events[-1].note.key == "no_speech"


# Results


def test_seconds_in_two_chunks_count_once() -> None:
    table = Table()
    table.prepare(Chunk(0, 30 * SECOND), Chunk(29 * SECOND, 50 * SECOND, overlap=SECOND))
    assert table.job.seconds_done == 0.0
    table.done(1, "one")
    assert table.job.seconds_done == 30.0
    assert table.done(2, "two").job("j").seconds_done == 50.0


def test_a_late_first_chunk_releases_all_that_waited_for_it_in_order() -> None:
    table = Table()
    table.prepare(*chunks(10, 10, 10))
    assert table.done(3, "three").events[0].segments == ()
    assert table.done(2, "two").events[0].segments == ()
    draft = table.done(1, "one")
    told = [(segment.id, segment.text) for event in draft.events for segment in event.segments]
    assert told == [(0, "one"), (1, "two"), (2, "three")]
    assert draft.job("j").status is Status.COMPLETED


def test_much_text_at_once_is_told_in_several_events() -> None:
    table = Table()
    table.prepare(*chunks(3000, 10))
    texts = [f"word-{n}" for n in range(2 * SEGMENTS_PER_EVENT + 1)]
    draft = table.done(1, *texts)
    sizes = [len(event.segments) for event in draft.events]
    assert sizes == [SEGMENTS_PER_EVENT, SEGMENTS_PER_EVENT, 1]
    assert [s.text for event in draft.events for s in event.segments] == texts
    assert len({event.seq for event in draft.events}) == 3


def test_the_language_is_the_one_heard_longest_and_not_the_one_heard_last() -> None:
    table = Table()
    table.prepare(*chunks(10, 30, 5, 10))
    table.done(1, "hello", language="en")
    assert table.job.language == "en"
    table.done(2, "hola", language="es")
    table.done(3, "bye", language="en")
    assert table.job.language == "es"


def test_silence_has_no_language() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    table.done(1, language="la")
    assert table.job.language is None


def test_a_completed_job_leaves_no_pieces_behind() -> None:
    table = Table()
    table.prepare(*chunks(10))
    assert DropPieces("j") in table.done(1, "one").writes


# What goes wrong


def broken(table: Table, index: int, times: int = 1) -> Draft:
    """A chunk goes wrong so often; the last consequences."""
    for _ in range(times):
        draft = table.draft()
        failure = EngineFailed(f"chunk {index} is odd").failure()
        transitions.failed(draft, table.give(index), failure, POLICY, 0.5)
        table.active.merge(draft)
    return draft


def test_a_piece_that_broke_is_tried_again_after_a_while() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    draft = broken(table, 1)
    assert table.job.stage is Stage.RETRYING
    assert table.job.attempt == 2
    assert draft.delays[("j", 1)] > 0
    assert draft.events[-1].note.args == {"attempt": 2, "limit": 2}


def test_a_job_with_a_hopeless_chunk_ends_only_when_the_others_have() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    broken(table, 1, times=2)
    assert table.job.status is Status.PROCESSING
    job = table.done(2, "two").job("j")
    assert (job.status, job.chunks_done, job.chunks_failed) == (Status.FAILED, 1, 1)
    assert job.failure is not None
    assert job.failure.message == "chunk 1 is odd"


def test_of_several_reasons_the_first_in_the_recording_is_given() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    broken(table, 2, times=2)
    job = broken(table, 1, times=2).job("j")
    assert job.failure is not None
    assert job.failure.message == "chunk 1 is odd"


def test_what_spoils_the_job_ends_it_and_costs_the_others_no_attempt() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    piece = table.give(1)
    table.give(2)
    draft = table.draft()
    transitions.failed(draft, piece, ModelUnavailable("no such model").failure(), POLICY, 0.5)
    assert draft.job("j").status is Status.FAILED
    assert draft.piece("j", 2).state is PieceState.WAITING
    assert draft.piece("j", 2).attempts == 0


def test_a_recording_that_cannot_be_prepared_fails_its_job() -> None:
    table = Table()
    draft = table.draft()
    for _ in range(POLICY.attempts):
        draft = table.draft()
        crash = WorkerCrashed("killed").failure()
        transitions.worker_lost(draft, table.give(PREPARATION), crash, POLICY, 0.5)
        table.active.merge(draft)
    job = draft.job("j")
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert job.failure.code == "worker_crashed"


def test_what_a_worker_gives_back_untouched_was_not_tried() -> None:
    table = Table()
    table.prepare(*chunks(10))
    broken(table, 1)
    draft = table.draft()
    transitions.returned(draft, table.give(1))
    assert draft.piece("j", 1).attempts == 1
    assert draft.events == [], "nothing has happened that anyone would notice"


# Deaths of the manager


def interrupt(table: Table, index: int, times: int) -> Draft:
    for _ in range(times):
        table.give(index)
        draft = table.draft()
        transitions.interrupted(draft, table.piece(index))
        table.active.merge(draft)
    return draft


def test_a_death_of_the_manager_is_no_attempt() -> None:
    table = Table()
    table.prepare(*chunks(10))
    interrupt(table, 1, 1)
    assert (table.piece(1).attempts, table.piece(1).suspect) == (0, False)


def test_what_was_out_at_several_deaths_of_the_manager_is_suspected() -> None:
    table = Table()
    table.prepare(*chunks(10))
    interrupt(table, 1, 2)
    assert table.piece(1).suspect


def test_what_kills_the_manager_again_and_again_is_given_up() -> None:
    table = Table()
    table.prepare(*chunks(10, 10))
    table.done(1, "one")
    interrupt(table, 2, INTERRUPTIONS - 1)
    assert table.job.status is Status.PROCESSING
    job = interrupt(table, 2, 1).job("j")
    assert job.status is Status.FAILED
    assert job.failure is not None
    assert job.failure.code == "worker_crashed"
    assert "the service died 10 times" in job.failure.message


# Another chance


def test_a_retry_forgets_what_went_wrong_and_keeps_what_went_well() -> None:
    table = Table()
    table.prepare(*chunks(10, 10, 10))
    table.done(3, "three")
    stored = table.active["j"]
    broken(table, 1, times=2)
    table.give(2)
    draft = table.draft()
    transitions.fail_job(draft, "j", EngineFailed("over").failure())
    stored.pieces.update({index: piece for (_, index), piece in draft.pieces.items()})
    stored.job = draft.job("j")
    draft = table.draft()
    job = transitions.retry(draft, "j")
    assert (job.status, job.failure, job.completed_at) == (Status.QUEUED, None, None)
    assert (job.attempt, job.chunks_done, job.chunks_failed) == (1, 1, 0)
    waiting = [piece.index for piece in draft.pieces.values()]
    assert waiting == [1, 2]
    assert {(p.attempts, p.crashes, p.failure) for p in draft.pieces.values()} == {(0, 0, None)}


@pytest.mark.parametrize("status", [Status.PENDING, Status.QUEUED])
def test_a_cancelled_job_keeps_no_pieces(status: Status) -> None:
    table = Table(status)
    draft = table.draft()
    job = transitions.cancel(draft, "j")
    assert (job.status, job.completed_at) == (Status.CANCELLED, 5.0)
    assert DropPieces("j") in draft.writes
