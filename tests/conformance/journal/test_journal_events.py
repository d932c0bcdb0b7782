"""Events and segments: each in its place, once, and there to be read again."""

from __future__ import annotations

import msgspec
import pytest

from retender.jobs.states import Status
from retender.journal.api import (
    AddPieces,
    Append,
    CopyTranscript,
    DeleteJob,
    Inconsistent,
    Journal,
    Release,
    Write,
)
from tests.support.storage.journal_story import (
    Story,
    grant,
    piece,
    result,
    segment,
    segments,
    settle,
)


@pytest.mark.parametrize("seq", [1, 3, 0])
async def test_a_gap_or_a_repetition_in_a_jobs_numbers_is_a_bug(
    journal: Journal, story: Story, seq: int
) -> None:
    await journal.commit(1, story.begin("a"))
    save, append = story.tell("a")
    assert isinstance(append, Append)

    with pytest.raises(Inconsistent):
        await journal.commit(1, [save, Append(msgspec.structs.replace(append.event, seq=seq))])

    assert [event.seq for event in await journal.events("a", 0, 10)] == [1]


@pytest.mark.parametrize("position", [1, 3, 0])
async def test_a_gap_or_a_repetition_in_the_log_is_a_bug(
    journal: Journal, story: Story, position: int
) -> None:
    await journal.commit(1, story.begin("a"))
    save, append = story.tell("a")
    assert isinstance(append, Append)
    elsewhere = msgspec.structs.replace(append.event, position=position)

    with pytest.raises(Inconsistent):
        await journal.commit(1, [save, Append(elsewhere)])

    assert [event.position for event in await journal.log(0, 10)] == [1]


async def test_events_are_replayed_by_number_with_their_segments(
    journal: Journal, story: Story
) -> None:
    written: list[Write] = []
    for writes in (
        story.begin("a"),
        story.tell("a", Status.PROCESSING),
        [Release("a", 1, segments(0, 3)), *story.tell("a", segments=segments(0, 2), piece=1)],
        story.tell("a", segments=segments(2, 3), piece=1),
        story.tell("a", Status.COMPLETED),
    ):
        await journal.commit(1, writes)
        written += writes
    told = tuple(write.event for write in written if isinstance(write, Append))

    assert await journal.events("a", 0, 100) == told
    assert await journal.events("a", 2, 100) == told[2:]
    assert await journal.events("a", 1, 2) == told[1:3]
    assert await journal.events("a", 5, 100) == ()
    assert await journal.events("b", 0, 100) == ()
    assert await journal.log(0, 100) == told


async def test_an_event_tells_of_no_segment_that_the_transcript_lacks(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), Release("a", 1, segments(0, 3))])
    beyond = story.tell("a", segments=segments(2, 4))
    with pytest.raises(Inconsistent):
        await journal.commit(1, beyond)
    assert len(await journal.events("a", 0, 10)) == 1


async def test_the_log_holds_the_events_of_all_jobs_in_the_order_of_their_commits(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, story.begin("a"))
    await journal.commit(1, story.begin("b"))
    release: list[Write] = [Release("b", 1, segments(0, 1)), Release("a", 1, segments(0, 2))]
    both = [*story.tell("b", Status.PROCESSING, segments=segments(0, 1)), *story.tell("a")]
    await journal.commit(1, release + both)

    log = await journal.log(0, 100)

    assert [(event.position, event.job_id, event.seq) for event in log] == [
        (1, "a", 1),
        (2, "b", 1),
        (3, "b", 2),
        (4, "a", 2),
    ]
    assert log[2].segments == (segment(0),)
    assert await journal.log(1, 2) == log[1:3]
    assert await journal.log(4, 2) == ()


async def test_the_transcript_grows_by_what_is_released_and_its_results_go(
    journal: Journal, story: Story
) -> None:
    pieces = tuple(piece("a", index) for index in (1, 2, 3))
    await journal.commit(1, [*story.begin("a"), AddPieces(pieces)])
    for each in pieces:
        token = f"1.{each.index}"
        await journal.commit(1, [grant(each, token)])
        await journal.commit(1, [settle(each, token, result(each.index))])

    await journal.commit(1, [Release("a", 2, segments(0, 12))])

    assert await journal.segments("a") == segments(0, 12)
    stored = await journal.stored("a")
    assert stored is not None
    assert stored.results == {3: result(3)}

    await journal.commit(1, [Release("a", 3, segments(12, 13))])
    assert await journal.segments("a") == segments(0, 13)


async def test_events_with_much_text_come_in_several_answers(
    journal: Journal, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retender.journal.reads.EVENTS_BYTES", 1000)
    await journal.commit(1, [*story.begin("a"), Release("a", 0, segments(0, 12))])
    for start in range(0, 12, 4):
        await journal.commit(1, story.tell("a", segments=segments(start, start + 4)))
    expected = [event.seq for event in await journal.events("a", 0, 2)]
    assert expected == [1, 2]
    seen = 0
    while events := await journal.events("a", seen, 10):
        assert len(events) < 3
        seen = events[-1].seq
    assert seen == 4
    assert len(await journal.log(0, 10)) == 2


async def test_a_segment_joins_the_transcript_once(journal: Journal, story: Story) -> None:
    await journal.commit(1, [*story.begin("a"), Release("a", 1, segments(0, 2))])

    with pytest.raises(Exception, match=r"(?i)unique"):
        await journal.commit(1, [Release("a", 2, segments(1, 3))])

    assert await journal.segments("a") == segments(0, 2)


async def test_a_known_recording_gets_a_copy_of_the_transcript(
    journal: Journal, story: Story
) -> None:
    known = story.whole("known", Status.COMPLETED)
    await journal.commit(1, [*known, Release("known", 1, segments(0, 3))])
    copy = CopyTranscript("known", "new")

    await journal.commit(1, [copy, *story.whole("new", Status.COMPLETED)])
    await journal.commit(1, [DeleteJob("known")])

    assert await journal.segments("new") == segments(0, 3)
    assert await journal.segments("known") == ()
