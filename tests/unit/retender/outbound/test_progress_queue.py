"""Which jobs have their progress sent, and when."""

from __future__ import annotations

from retender.outbound.progress_queue import ProgressQueue, Turn


def queue(most: int = 100) -> ProgressQueue:
    return ProgressQueue(most, interval=1.0)


def taken(here: ProgressQueue, now: float, most: int = 10, busy: tuple[str, ...] = ()) -> list[str]:
    return [turn.job_id for turn in here.take(now, most, busy)]


def test_what_happens_is_sent_at_once_and_then_once_a_second() -> None:
    here = queue()
    here.event("a", 1, moving=True)
    assert here.take(5.0, 10, ()) == [Turn("a", 1, known=True)]
    for seq in (2, 3, 4):
        here.event("a", seq, moving=True)
    assert taken(here, 5.9) == []
    assert here.next_at(()) == 6.0
    assert here.take(6.0, 10, ()) == [Turn("a", 4, known=True)]
    assert here.next_at(()) is None


def test_nothing_is_sent_of_a_job_while_a_request_of_it_is_under_way() -> None:
    here = queue()
    here.event("a", 1, moving=True)
    here.event("b", 1, moving=True)
    assert taken(here, 0.0, busy=("a",)) == ["b"]
    assert taken(here, 0.0) == ["a"]


def test_only_so_many_are_taken_and_the_others_keep_their_turn() -> None:
    here = queue()
    for job_id in "abc":
        here.event(job_id, 1, moving=True)
    assert taken(here, 0.0, most=2) == ["a", "b"]
    assert taken(here, 0.0, most=2) == ["c"]


def test_nothing_of_a_job_is_sent_after_its_end_was_read() -> None:
    here = queue()
    here.event("a", 1, moving=True)
    here.ended("a")
    assert taken(here, 0.0) == []


def test_a_job_that_goes_on_after_its_end_is_asked_about_first() -> None:
    """Its end may not have been sent yet, and nothing overtakes it."""
    here = queue()
    here.event("a", 1, moving=True)
    here.ended("a")
    here.event("a", 7, moving=False)
    assert here.take(0.0, 10, ()) == [Turn("a", 7, known=False)]
    here.again("a", at=5.0)
    assert taken(here, 4.0) == []
    here.settle("a", 6, at=4.5)
    assert here.take(4.5, 10, ()) == [Turn("a", 7, known=False)]
    here.sent("a", 7, 0.0)
    here.event("a", 8, moving=False)
    assert here.take(9.0, 10, ()) == [Turn("a", 8, known=True)]


def test_a_job_that_was_listed_ahead_of_its_events_is_asked_about_first() -> None:
    """One of those between may be an end that has not been sent."""
    here = queue()
    here.event("a", 1, moving=True)
    here.event("a", 2, moving=True)
    assert here.take(0.0, 10, ()) == [Turn("a", 2, known=True)]
    here.event("a", 4, moving=False)
    assert here.take(1.0, 10, ()) == [Turn("a", 4, known=False)]
    here.sent("a", 4, 0.0)
    here.event("a", 5, moving=True)
    assert here.take(2.0, 10, ()) == [Turn("a", 5, known=True)]


def test_progress_between_events_is_sent_only_where_there_is_more_of_it() -> None:
    here = queue()
    here.event("a", 3, moving=True)
    here.event("q", 1, moving=False)
    taken(here, 0.0)
    here.sent("a", 3, 41.96)
    assert here.moving(10) == ("a",)
    here.progressed("a", 42.0)
    assert taken(here, 9.0) == []
    here.progressed("a", 42.2)
    assert here.moving(10) == ()
    assert taken(here, 9.0) == ["a"]


def test_where_many_progress_each_is_looked_at_in_turn() -> None:
    here = queue()
    for job_id in "abcd":
        here.event(job_id, 1, moving=True)
    taken(here, 0.0)
    assert {*here.moving(2), *here.moving(2)} == set("abcd")


def test_what_was_not_sent_is_sent_later() -> None:
    here = queue()
    here.event("a", 1, moving=True)
    taken(here, 0.0)
    here.again("a")
    assert taken(here, 0.5) == []
    assert taken(here, 1.0) == ["a"]


def test_a_refused_job_is_left_alone_until_something_was_mended() -> None:
    here = queue()
    here.event("a", 1, moving=True)
    taken(here, 0.0)
    here.refuse("a", "not the key")
    here.event("a", 2, moving=True)
    assert (taken(here, 9.0), len(here), here.refused) == ([], 0, {"a": "not the key"})
    assert here.retry() == 1
    assert here.take(9.0, 10, ()) == [Turn("a", 2, known=True)]
    assert here.refused == {}


def test_of_too_many_jobs_the_longest_silent_is_forgotten() -> None:
    here = queue(most=2)
    for job_id in "aba":
        here.event(job_id, 1, moving=True)
    here.event("c", 1, moving=True)
    assert set(taken(here, 0.0)) == {"a", "c"}
    here.event("b", 2, moving=True)
    assert here.take(0.0, 10, ()) == [Turn("b", 2, known=False)]
