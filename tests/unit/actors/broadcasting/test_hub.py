"""What reaches one follower, and what waits for a process that follows."""

from __future__ import annotations

import pytest

from actors.broadcasting import subscriptions
from actors.broadcasting.hub import Follower, TooSlow
from actors.broadcasting.subscriptions import EventBatch, Subscriber
from actors.limits import FOLLOWER_BACKLOG
from retender.jobs.events import Event, EventKind, TransientProgress
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status


def event(seq: int, progress: float = 0.0, kind: EventKind = EventKind.PROGRESS) -> Event:
    return Event(
        job_id="j",
        seq=seq,
        at=0.0,
        kind=kind,
        status=Status.PROCESSING,
        stage=Stage.TRANSCRIBING,
        progress=progress,
        note=Note("queued"),
    )


def progress(progress: float) -> TransientProgress:
    return TransientProgress(
        "j", 0.0, Status.PROCESSING, Stage.TRANSCRIBING, progress, Note("queued")
    )


# One follower


async def test_events_before_which_some_are_missing_wait_for_those() -> None:
    follower = Follower("j", since=4)
    assert not follower.add_event(event(6)), "number 5 has not come"
    assert follower.add_event(event(5))
    assert follower.add_event(event(6))
    assert [(await anext(follower)), (await anext(follower))] == [event(5), event(6)]


async def test_an_event_that_comes_again_is_no_news() -> None:
    follower = Follower("j", since=0)
    assert all(follower.add_event(event(1)) for _ in range(3))
    assert await anext(follower) == event(1)
    follower.add_event(event(2))
    assert await anext(follower) == event(2)


async def test_nobody_is_shown_less_than_before() -> None:
    follower = Follower("j", since=0)
    follower.add_progress(progress(40.0))
    follower.add_progress(progress(30.0))
    assert (await anext(follower)).progress == 40.0
    follower.add_event(event(1, progress=20.0))
    assert (await anext(follower)).progress == 40.0


async def test_an_event_takes_the_place_of_the_passing_news_before_it() -> None:
    follower = Follower("j", since=0)
    follower.add_progress(progress(40.0))
    follower.add_event(event(1, progress=50.0))
    follower.add_progress(progress(60.0))
    assert [(await anext(follower)).progress, (await anext(follower)).progress] == [50.0, 60.0]


async def test_who_does_not_read_is_cut_off_and_costs_no_more_memory() -> None:
    follower = Follower("j", since=0)
    for seq in range(1, FOLLOWER_BACKLOG + 1):
        assert follower.add_event(event(seq))
    before = follower.reading
    for seq in range(FOLLOWER_BACKLOG + 1, FOLLOWER_BACKLOG + 10):
        assert follower.add_event(event(seq)), "it is not behind, it is gone"
    assert (before, follower.reading) == (True, False)
    with pytest.raises(TooSlow):
        await anext(follower)


# One process


async def next_of(subscriber: Subscriber, received: int) -> EventBatch:
    return await subscriber.next(received, 0.01).future


async def test_progress_waits_until_the_events_before_it_are_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "EVENTS_PER_BATCH", 2)
    subscriber = Subscriber(expires=0.0)
    for seq in (1, 2, 3):
        subscriber.add_event(event(seq))
    subscriber.add_progress(progress(50.0))
    first = await next_of(subscriber, 0)
    assert ([each.seq for each in first.events], first.progress) == ([1, 2], ())
    second = await next_of(subscriber, first.number)
    assert ([each.seq for each in second.events], second.progress) == ([3], (progress(50.0),))


async def test_progress_of_a_job_that_has_ended_is_no_news() -> None:
    subscriber = Subscriber(expires=0.0)
    subscriber.add_progress(progress(50.0))
    subscriber.add_event(event(1, kind=EventKind.COMPLETED))
    assert (await next_of(subscriber, 0)).progress == ()


async def test_more_than_can_be_kept_is_said_to_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "EVENTS_WAITING", 3)
    subscriber = Subscriber(expires=0.0)
    for seq in range(1, 6):
        subscriber.add_event(event(seq))
    batch = await next_of(subscriber, 0)
    assert batch.missed
    assert [each.seq for each in batch.events] == [5]
    assert not (await next_of(subscriber, batch.number)).missed, "it is said once"


async def test_a_batch_is_given_again_until_it_is_known_to_have_arrived() -> None:
    subscriber = Subscriber(expires=0.0)
    subscriber.add_event(event(1))
    first = await next_of(subscriber, 0)
    subscriber.add_event(event(2))
    assert await next_of(subscriber, 0) == first
    second = await next_of(subscriber, first.number)
    assert [each.seq for each in second.events] == [2]


async def test_an_earlier_question_is_let_go_of_when_another_comes() -> None:
    subscriber = Subscriber(expires=0.0)
    earlier = subscriber.next(0, 60.0).future
    later = subscriber.next(0, 60.0).future
    assert await earlier == EventBatch(0)
    subscriber.add_event(event(1))
    assert [each.seq for each in (await later).events] == [1]


async def test_nothing_new_is_an_answer_too() -> None:
    assert await next_of(Subscriber(expires=0.0), 0) == EventBatch(0)
