"""The outbox: what others must be told stays until they have been, each in its turn."""

from __future__ import annotations

import msgspec
import pytest

from retender.errors import StaleLease
from retender.jobs.deliveries import NEVER, Backlog, Delivery, DeliveryState
from retender.jobs.states import Status
from retender.journal.api import DeleteJob, Journal, JournalOpener, SaveDelivery
from tests.support.storage.journal_story import Story, piece, settle


def delivery(job_id: str, seq: int = 2, lane: str = "one", due: float = 10.0) -> Delivery:
    return Delivery(consumer="c", job_id=job_id, seq=seq, receiver=lane, at=due, due=due)


def delivered(before: Delivery) -> Delivery:
    return msgspec.structs.replace(before, state=DeliveryState.DELIVERED, attempts=1)


async def owe(journal: Journal, story: Story, *deliveries: Delivery) -> None:
    for job_id in dict.fromkeys(each.job_id for each in deliveries):
        if job_id not in story.jobs:
            await journal.commit(1, story.whole(job_id, Status.COMPLETED))
    await journal.commit(1, [SaveDelivery(each) for each in deliveries])


async def test_what_is_owed_is_owed_after_a_crash(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    ended = story.whole("a", Status.FAILED)
    owed = msgspec.structs.replace(delivery("a", 3), job=story.jobs["a"])
    await journal.commit(1, [*ended, SaveDelivery(owed)])

    again = await reopen()

    assert await again.due("c", 10.0, (), 5) == (owed,)
    assert await again.deliveries("a", "c") == (owed,)


async def test_what_was_owed_in_a_refused_commit_is_not(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.whole("a", Status.COMPLETED))
    with pytest.raises(StaleLease):
        await journal.commit(1, [SaveDelivery(delivery("a")), settle(piece("a", 1), "1.1")])

    assert await journal.backlog("c") == Backlog()


async def test_nothing_is_due_before_its_time(journal: Journal, story: Story) -> None:
    await owe(journal, story, delivery("a", due=10.0), delivery("b", due=20.0, lane="two"))

    assert await journal.due("c", 9.9, (), 5) == ()
    assert await journal.next_due("c", 9.9) == 10.0
    assert [each.job_id for each in await journal.due("c", 10.0, (), 5)] == ["a"]
    assert await journal.next_due("c", 10.0) == 20.0
    assert await journal.next_due("c", 20.0) is None


async def test_of_each_lane_the_longest_due_is_given(journal: Journal, story: Story) -> None:
    lanes = ("late", "early", "late", "early", "middle")
    owed = [
        delivery(f"job{number}", lane=lane, due=due)
        for number, (lane, due) in enumerate(zip(lanes, (9.0, 2.0, 8.0, 1.0, 5.0), strict=True))
    ]
    await owe(journal, story, *owed)

    assert await journal.due("c", 10.0, (), 5) == (owed[3], owed[4], owed[2])
    assert await journal.due("c", 10.0, (), 2) == (owed[3], owed[4])
    assert await journal.due("c", 10.0, ("early", "late"), 5) == (owed[4],)
    assert await journal.due("c", 10.0, ("early", "late", "middle"), 5) == ()


async def test_a_lane_may_have_any_name(journal: Journal, story: Story) -> None:
    names = ("", '"', "a,b", "[x]", "ñ", "'; DROP TABLE deliveries; --")
    await owe(journal, story, *(delivery(f"job{n}", lane=name) for n, name in enumerate(names)))

    assert {each.receiver for each in await journal.due("c", 10.0, (), 9)} == set(names)
    assert [each.receiver for each in await journal.due("c", 10.0, names[1:], 9)] == [""]


async def test_a_job_is_told_of_in_the_order_of_its_events(journal: Journal, story: Story) -> None:
    first, second = delivery("a", 2, due=100.0), delivery("a", 4, due=5.0)
    other = delivery("b", 2, due=7.0)
    await owe(journal, story, first, second, other)

    assert await journal.due("c", 10.0, (), 5) == (other,), "the first is not due: nor the second"

    await journal.commit(1, [SaveDelivery(delivered(first)), SaveDelivery(delivered(other))])

    assert await journal.due("c", 10.0, (), 5) == (second,)


async def test_what_is_at_rest_is_not_due_and_can_still_be_seen(
    journal: Journal, story: Story
) -> None:
    await owe(journal, story, delivery("a"))
    given_up = msgspec.structs.replace(delivery("a"), state=DeliveryState.GIVEN_UP, last_error="no")
    await journal.commit(1, [SaveDelivery(given_up)])

    assert await journal.due("c", 1e9, (), 5) == ()
    assert await journal.next_due("c", 0.0) is None
    assert await journal.backlog("c") == Backlog()
    assert await journal.deliveries("a", "c") == (given_up,)


async def test_consumers_do_not_see_what_is_for_others(journal: Journal, story: Story) -> None:
    mine = delivery("a")
    theirs = msgspec.structs.replace(mine, consumer="d", due=30.0)
    await owe(journal, story, mine, theirs)

    await journal.commit(1, [SaveDelivery(delivered(mine))])

    assert await journal.due("c", 100.0, (), 5) == ()
    assert await journal.due("d", 100.0, (), 5) == (theirs,)
    assert (await journal.backlog("c"), (await journal.backlog("d")).waiting) == (Backlog(), 1)
    assert await journal.deliveries("a", "d") == (theirs,)


async def test_the_backlog_tells_how_many_wait_and_since_when(
    journal: Journal, story: Story
) -> None:
    late = msgspec.structs.replace(delivery("b", due=900.0), at=20.0)
    await owe(journal, story, delivery("a", due=30.0), late)

    assert await journal.backlog("c") == Backlog(2, 20.0)


async def test_a_forgotten_job_is_told_of_no_more(journal: Journal, story: Story) -> None:
    await owe(journal, story, delivery("a"), delivery("b", lane="two"))

    await journal.commit(1, [DeleteJob("a")])

    assert [each.job_id for each in await journal.due("c", 10.0, (), 5)] == ["b"]
    assert await journal.deliveries("a", "c") == ()


def parked(before: Delivery) -> Delivery:
    return msgspec.structs.replace(
        before, state=DeliveryState.PARKED, due=NEVER, attempts=1, last_error="not the key"
    )


async def test_what_is_parked_is_not_due_and_counts_by_itself(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await owe(journal, story, delivery("a"), delivery("b", lane="two"), delivery("c", lane="three"))
    await journal.commit(1, [SaveDelivery(parked(delivery(job_id))) for job_id in "ab"])
    other = msgspec.structs.replace(delivery("c"), consumer="d")
    await journal.commit(1, [SaveDelivery(parked(other))])

    again = await reopen()

    assert [each.job_id for each in await again.due("c", 1e9, (), 5)] == ["c"]
    assert await again.next_due("c", 100.0) is None
    assert await again.backlog("c") == Backlog(1, 10.0, 2, "not the key")
    assert {each.job_id for each in await again.parked("c", 5)} == {"a", "b"}
    assert len(await again.parked("c", 1)) == 1


async def test_nothing_of_a_job_is_due_behind_what_is_parked(
    journal: Journal, story: Story
) -> None:
    await owe(journal, story, delivery("a", 2), delivery("a", 3), delivery("b", 2))
    await journal.commit(1, [SaveDelivery(parked(delivery("a", 2)))])

    assert [each.job_id for each in await journal.due("c", 1e9, (), 5)] == ["b"]

    await journal.commit(1, [SaveDelivery(delivery("a", 2, due=5.0))])

    assert [(each.job_id, each.seq) for each in await journal.due("c", 1e9, (), 5)] == [("a", 2)]
    assert await journal.parked("c", 5) == ()
