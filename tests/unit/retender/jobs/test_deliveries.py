"""When others are told, how often, and when it is given up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from retender.jobs.deliveries import (
    ATTEMPTS,
    CONVEX,
    NEVER,
    PAUSES,
    WEBHOOKS,
    Backlog,
    Delivery,
    DeliveryOutcome,
    DeliveryState,
    attempt_ended,
    attempt_started,
    deliveries_for,
    for_convex,
    retried,
)
from retender.jobs.events import EventKind
from retender.jobs.job import Job, first_step, step
from retender.jobs.limits import CONVEX_QUEUES, DELIVERY_ATTEMPT_SECONDS
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status

NEW = Delivery(consumer=WEBHOOKS, job_id="a", seq=3, receiver="b.example", at=100.0, due=100.0)


def told(how: Any = "again", attempt: int = 1, **fields: Any) -> DeliveryOutcome:
    return DeliveryOutcome(job_id="a", seq=3, attempt=attempt, how=how, error="no answer", **fields)


def after(attempts: int) -> Delivery:
    return msgspec.structs.replace(NEW, attempts=attempts)


@pytest.mark.parametrize("random", [0.0, 0.5, 0.999])
def test_an_attempt_nobody_tells_of_has_failed_and_comes_again(random: float) -> None:
    out = attempt_started(NEW, 100.0, random)
    assert (out.attempts, out.waiting) == (1, True)
    assert out.due >= 100.0 + DELIVERY_ATTEMPT_SECONDS
    assert "interrupted" in out.last_error


def test_what_failed_comes_again_after_pauses_that_grow_from_seconds_to_a_day() -> None:
    delays = []
    for attempts in range(1, ATTEMPTS):
        waits = attempt_ended(after(attempts), told(attempt=attempts), 1000.0, 0.5)
        assert waits is not None
        delays.append(waits.due - 1000.0)
    assert delays == list(PAUSES)
    assert 2.5 * 86_400 < sum(delays) < 3.5 * 86_400


def test_what_failed_together_does_not_come_back_together() -> None:
    early, late = (attempt_ended(after(5), told(attempt=5), 0.0, random) for random in (0.0, 0.999))
    assert early is not None
    assert late is not None
    assert late.due > 1.5 * early.due


def test_after_the_last_attempt_it_is_given_up_with_the_last_error() -> None:
    over = attempt_ended(after(ATTEMPTS), told(attempt=ATTEMPTS), 0.0, 0.5)
    assert over is not None
    assert (over.state, over.last_error) == (DeliveryState.GIVEN_UP, "no answer")


def test_one_whose_last_attempt_was_interrupted_is_given_up_when_it_comes_due() -> None:
    over = attempt_started(attempt_started(after(ATTEMPTS - 1), 0.0, 0.5), 1e6, 0.5)
    assert (over.state, over.attempts) == (DeliveryState.GIVEN_UP, ATTEMPTS)


def test_a_receiver_that_wants_no_more_gets_no_more() -> None:
    over = attempt_ended(after(1), told("never"), 0.0, 0.5)
    assert over is not None
    assert over.state is DeliveryState.GIVEN_UP


def test_a_receiver_is_left_alone_for_as_long_as_it_asks_but_no_longer_than_a_day() -> None:
    asked = attempt_ended(after(1), told(retry_after=3600.0), 0.0, 0.5)
    for_ever = attempt_ended(after(1), told(retry_after=1e9), 0.0, 0.5)
    assert asked is not None
    assert for_ever is not None
    assert (asked.due, for_ever.due) == (3600.0, 86_400.0)


@pytest.mark.parametrize("attempt", [1, 3])
def test_news_of_another_attempt_changes_nothing(attempt: int) -> None:
    assert attempt_ended(after(2), told("delivered", attempt=attempt), 0.0, 0.5) is None


def test_what_is_delivered_stays_so_and_keeps_no_copy_of_the_job() -> None:
    delivery = msgspec.structs.replace(after(1), job=Job(**_NEW_JOB), last_error="no answer")
    done = attempt_ended(delivery, told("delivered"), 0.0, 0.5)
    assert done is not None
    assert (done.state, done.job, done.last_error) == (DeliveryState.DELIVERED, None, "")
    assert attempt_ended(done, told(), 0.0, 0.5) is None


_NEW_JOB: dict[str, Any] = {
    "id": "a",
    "owner": "",
    "status": Status.QUEUED,
    "stage": Stage.QUEUED,
    "created_at": 1.0,
}


def test_every_end_of_a_job_is_owed_and_nothing_on_the_way() -> None:
    job = Job(**_NEW_JOB, callback_url="https://Hooks.Example:443/a?b")
    job, event = first_step(job, at=1.0, note=Note("queued"))
    assert deliveries_for(job, event) == ()
    ended = step(
        job, at=2.0, note=Note("cancelled"), status=Status.CANCELLED, kind=EventKind.CANCELLED
    )
    (delivery,) = deliveries_for(*ended)
    assert (delivery.receiver, delivery.seq, delivery.due) == ("hooks.example", 2, 2.0)
    assert delivery.job == ended[0]


def test_a_job_without_a_callback_owes_nothing() -> None:
    job, _ = first_step(Job(**_NEW_JOB), at=1.0, note=Note("queued"))
    ended = step(job, at=2.0, note=Note("failed"), status=Status.FAILED, kind=EventKind.ERROR)
    assert deliveries_for(*ended) == ()


def test_the_age_of_a_backlog_is_that_of_its_oldest_and_never_negative() -> None:
    assert Backlog(2, 40.0).age(100.0) == 60.0
    assert Backlog().age(100.0) == 0.0
    assert Backlog(1, 200.0).age(100.0) == 0.0


def for_convex_ended(attempts: int) -> Delivery:
    return msgspec.structs.replace(NEW, consumer=CONVEX, attempts=attempts)


def test_every_end_is_owed_to_convex_where_it_is_set_up() -> None:
    job, _ = first_step(Job(**_NEW_JOB), at=1.0, note=Note("queued"))
    ended = step(job, at=2.0, note=Note("failed"), status=Status.FAILED, kind=EventKind.ERROR)
    (delivery,) = deliveries_for(*ended, convex=True)
    assert (delivery.consumer, delivery.seq, delivery.job) == (CONVEX, 2, ended[0])
    assert deliveries_for(job, ended[1], convex=False) == ()


def test_deliveries_to_convex_are_of_few_queues_and_a_job_is_always_of_the_same() -> None:
    jobs = [Job(**{**_NEW_JOB, "id": f"job-{number}"}) for number in range(500)]
    queues = [for_convex(job, 1.0).receiver for job in jobs]
    assert len(set(queues)) == CONVEX_QUEUES
    assert queues == [for_convex(job, 2.0).receiver for job in jobs]


def test_an_end_is_sent_to_convex_for_as_long_as_its_job_is_kept() -> None:
    waits = attempt_ended(for_convex_ended(10_000), told(attempt=10_000), 0.0, 0.5)
    assert waits is not None
    assert (waits.state, waits.due) == (DeliveryState.WAITING, 600.0)
    assert attempt_started(for_convex_ended(10_000), 0.0, 0.5).waiting


def test_what_is_parked_comes_due_by_nobody_but_a_person() -> None:
    parked = attempt_ended(for_convex_ended(1), told("park"), 50.0, 0.5)
    assert parked is not None
    assert (parked.parked, parked.waiting, parked.due) == (True, True, NEVER)
    assert parked.last_error == "no answer"
    assert attempt_ended(parked, told("park"), 60.0, 0.5) is None
    again = retried(parked, 70.0)
    assert (again.parked, again.due, again.attempts) == (False, 70.0, 0)
