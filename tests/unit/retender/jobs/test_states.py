from __future__ import annotations

from itertools import product

import pytest

from retender.jobs.job import Job, first_step, step
from retender.jobs.messages import Note
from retender.jobs.states import TERMINAL, TRANSITIONS, IllegalTransition, Stage, Status, diagram
from tests.support.paths import PROJECT

NOTE = Note("queued")


def a_job(status: Status) -> Job:
    return Job(id="j", owner="ana", status=status, stage=Stage.QUEUED, created_at=0.0, seq=7)


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_a_job_moves_along_the_table_and_nowhere_else(before: Status, after: Status) -> None:
    job = a_job(before)
    staying = before is after and before not in TERMINAL
    if staying or after in TRANSITIONS[before]:
        moved, event = step(job, at=1.0, note=NOTE, status=after)
        assert (moved.status, event.status) == (after, after)
    else:
        with pytest.raises(IllegalTransition, match=f"from '{before}' to '{after}'") as caught:
            step(job, at=1.0, note=NOTE, status=after)
        assert (caught.value.before, caught.value.after) == (before, after)


def test_every_change_has_the_next_number() -> None:
    job, event = step(a_job(Status.QUEUED), at=1.0, note=NOTE, status=Status.PROCESSING)
    assert (job.seq, event.seq) == (8, 8)


def test_a_new_job_begins_with_number_one() -> None:
    job, event = first_step(a_job(Status.QUEUED), at=1.0, note=NOTE)
    assert (job.seq, event.seq) == (1, 1)


@pytest.mark.parametrize("status", sorted(set(Status) - set(TRANSITIONS[None])))
def test_a_new_job_cannot_begin_in_the_middle(status: Status) -> None:
    with pytest.raises(IllegalTransition, match=f"from '.new.' to '{status}'"):
        first_step(a_job(status), at=1.0, note=NOTE)


def test_nothing_leaves_a_terminal_state_but_a_failed_job_by_a_retry() -> None:
    ways = {status: set(TRANSITIONS[status]) for status in TERMINAL}
    assert ways == {
        Status.COMPLETED: set(),
        Status.CANCELLED: set(),
        Status.FAILED: {Status.QUEUED},
    }


def test_every_state_can_be_reached_and_every_other_can_be_left() -> None:
    reached = {after for ways in TRANSITIONS.values() for after in ways}
    assert reached == set(Status)
    assert all(TRANSITIONS[status] for status in set(Status) - TERMINAL)


def test_the_diagram_in_the_docs_is_the_table() -> None:
    page = (PROJECT / "docs" / "states.md").read_text()
    shown = page.partition("```mermaid\n")[2].partition("\n```")[0]
    assert shown == diagram(), "run `make diagram` and put what it prints into docs/states.md"
