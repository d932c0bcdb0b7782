"""What becomes of a job when its engine has no room for it, or when another takes it on."""

from __future__ import annotations

from msgspec.structs import replace

from retender.jobs.messages import note_text
from retender.jobs.pieces import PREPARATION, PieceState
from retender.jobs.states import Stage, Status
from retender.scheduling import engine_changes, transitions
from retender.scheduling.limits import LIMIT_CHECK_SECONDS
from retender.transcript.chunks import Chunk, Plan
from tests.support.actors.job_story import MADE, SECOND, Table, chunks


def prepared_whole(table: Table, seconds: int = 60) -> None:
    """As Groq does it: the upload is its only chunk."""
    draft = table.draft()
    plan = Plan(float(seconds), (Chunk(0, seconds * SECOND),), whole=True)
    transitions.prepared(draft, table.give(PREPARATION), plan, MADE)
    table.active.merge(draft)


def with_groq(table: Table) -> Table:
    entry = table.active["j"]
    entry.job = replace(entry.job, engine="groq")
    return table


def test_a_declined_piece_is_no_attempt_and_holds_its_job() -> None:
    table = with_groq(Table())
    table.prepare(*chunks(10, 10))
    draft = table.draft()
    engine_changes.declined(draft, table.give(1), 90.0)
    table.active.merge(draft)
    piece = table.piece(1)
    assert (piece.state, piece.attempts, piece.token) == (PieceState.WAITING, 0, None)
    assert draft.job_delays == {"j": 90.0}


def test_a_long_wait_is_asked_about_again_before_it_is_over() -> None:
    table = with_groq(Table())
    table.prepare(*chunks(10))
    draft = table.draft()
    engine_changes.declined(draft, table.give(1), 3600.0)
    assert draft.job_delays == {"j": LIMIT_CHECK_SECONDS}


def test_who_waits_is_told_what_for_and_how_long_in_both_languages() -> None:
    table = with_groq(Table())
    table.prepare(*chunks(10))
    draft = table.draft()
    engine_changes.declined(draft, table.give(1), 3000.0)
    table.active.merge(draft)
    assert (table.job.status, table.job.stage) == (Status.PROCESSING, Stage.QUEUED)
    english, spanish = note_text(table.job.note, "en"), note_text(table.job.note, "es")
    assert english == "Groq's limits are used up: going on at about 00:50 UTC, in 50 min"
    assert spanish == "El límite de Groq está agotado: se sigue hacia las 00:50 UTC, en 50 min"


def test_the_same_wait_is_told_once() -> None:
    table = with_groq(Table())
    table.prepare(*chunks(10, 10))
    first, second = table.give(1), table.give(2)
    draft = table.draft()
    engine_changes.declined(draft, first, 3000.0)
    engine_changes.declined(draft, second, 3000.0)
    assert len(draft.events) == 1


def test_a_job_taken_on_elsewhere_keeps_what_is_done_and_what_is_in_hand() -> None:
    table = with_groq(Table())
    table.prepare(*chunks(10, 10, 10))
    table.done(1, "one")
    table.give(2)
    draft = table.draft()
    job = engine_changes.engine_changed(draft, "j", "local")
    table.active.merge(draft)
    assert (job.engine, job.chunks_done, job.chunks) == ("local", 1, 3)
    states = [table.piece(index).state for index in (1, 2, 3)]
    assert states == [PieceState.DONE, PieceState.LEASED, PieceState.WAITING]
    assert draft.replaced == set()


def test_a_job_of_which_nothing_was_decoded_is_prepared_anew() -> None:
    table = with_groq(Table())
    prepared_whole(table)
    draft = table.draft()
    piece = table.give(1)
    transitions.returned(draft, piece)
    job = engine_changes.engine_changed(draft, "j", "local")
    table.active.merge(draft)
    assert (job.engine, job.whole, job.chunks) == ("local", False, 0)
    assert list(table.active["j"].pieces) == [PREPARATION]
    assert table.piece(PREPARATION).state is PieceState.WAITING
    table.prepare(*chunks(30, 30))
    table.done(1, "one")
    table.done(2, "two")
    assert "j" not in table.active


def test_a_whole_upload_that_is_under_way_is_not_taken_from_under_its_engine() -> None:
    table = with_groq(Table())
    prepared_whole(table)
    table.give(1)
    draft = table.draft()
    engine_changes.engine_changed(draft, "j", "local")
    table.active.merge(draft)
    assert table.piece(1).state is PieceState.LEASED
    assert table.job.whole


def test_a_piece_that_was_dropped_in_this_very_draft_is_in_nobodys_hands() -> None:
    """A message may come twice: the second is too late for what the first brought about."""
    table = with_groq(Table())
    prepared_whole(table)
    piece = table.give(1)
    assert piece.token is not None
    draft = table.draft()
    transitions.returned(draft, piece)
    engine_changes.engine_changed(draft, "j", "local")
    assert not draft.leased(("j", 1), piece.token)
