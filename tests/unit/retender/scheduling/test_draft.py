"""What one message would change is seen by itself at once, and by others when it is committed."""

from __future__ import annotations

import pytest

from retender.errors import StorageFull, UploadExpired
from retender.jobs.job import Job
from retender.jobs.states import Stage, Status
from retender.journal.api import Stored
from retender.scheduling import transitions
from retender.scheduling.draft import ActiveJobs, Draft
from retender.storage.audio import Audio


def a_job(status: Status = Status.QUEUED) -> Job:
    return Job(
        id="j",
        owner="ana",
        status=status,
        stage=Stage.QUEUED,
        created_at=0.0,
        audio=Audio("a" * 64, 1000),
        seq=3,
    )


def test_a_draft_sees_its_own_changes_and_the_board_does_not() -> None:
    active = ActiveJobs({})
    draft = Draft(active, 0.0, 0)
    transitions.accept(draft, a_job(), None)
    transitions.cancel(draft, "j")
    assert draft.job("j").status is Status.CANCELLED
    assert "j" not in active


def test_events_take_their_places_in_the_order_they_were_written() -> None:
    draft = Draft(ActiveJobs({}), 0.0, 17)
    transitions.accept(draft, a_job(), None)
    transitions.cancel(draft, "j")
    assert [event.position for event in draft.events] == [18, 19]
    assert draft.position == 19


def test_a_job_is_on_the_board_until_it_is_finished_and_counted_after() -> None:
    active = ActiveJobs({"completed": 5})
    draft = Draft(active, 0.0, 0)
    transitions.accept(draft, a_job(), None)
    active.merge(draft)
    assert ("j" in active, active.count(Status.QUEUED)) == (True, 1)
    draft = Draft(active, 0.0, 0)
    job = transitions.cancel(draft, "j")
    active.merge(draft)
    assert "j" not in active
    assert (active.count(Status.QUEUED), active.count(Status.CANCELLED)) == (0, 1)
    draft = Draft(active, 0.0, 0)
    draft.delete(job)
    active.merge(draft)
    assert (active.count(Status.CANCELLED), active.count(Status.COMPLETED)) == (0, 5)


def test_a_failed_job_is_back_on_the_board_only_if_its_retry_succeeds() -> None:
    active = ActiveJobs({"failed": 1})
    stored = Stored(a_job(Status.FAILED))

    def retry(*, room: bool) -> None:
        with active.reopened(stored):
            draft = Draft(active, 0.0, 0)
            transitions.retry(draft, "j")
            if not room:
                raise StorageFull("no space left on device")
            active.merge(draft)

    with pytest.raises(StorageFull):
        retry(room=False)
    assert ("j" in active, active.count(Status.FAILED)) == (False, 1)
    retry(room=True)
    assert "j" in active
    assert (active.count(Status.FAILED), active.count(Status.QUEUED)) == (0, 1)


def test_a_job_that_came_and_went_in_one_draft_leaves_only_its_count() -> None:
    active = ActiveJobs({})
    draft = Draft(active, 0.0, 0)
    transitions.accept(draft, a_job(), None)
    transitions.fail_job(draft, "j", UploadExpired("too late").failure())
    active.merge(draft)
    assert "j" not in active
    assert (active.count(Status.QUEUED), active.count(Status.FAILED)) == (0, 1)
