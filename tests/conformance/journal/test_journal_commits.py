"""What a commit does: all of it or nothing, once, by the only writer, and for good."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from retender.errors import Fenced, JournalError, StaleLease
from retender.jobs.pieces import PieceState
from retender.jobs.states import Stage, Status
from retender.journal.api import (
    AddPieces,
    DropPieces,
    Inconsistent,
    Journal,
    JournalOpener,
    Release,
    Reset,
    Settle,
    Stored,
    Write,
)
from tests.support.storage.journal_story import (
    Story,
    audio,
    done,
    grant,
    leased,
    piece,
    result,
    segments,
    settle,
)


async def test_a_new_journal_is_empty(reopen: JournalOpener) -> None:
    recovery = await (await reopen()).begin_epoch()

    assert (recovery.epoch, recovery.position) == (1, 0)
    assert recovery.unfinished == ()
    assert recovery.counts.total == 0


async def test_what_a_commit_acknowledged_is_there_after_a_crash(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    first, second = piece("a", 1), piece("a", 2)
    await journal.commit(1, [*story.begin("a", audio=audio(1)), AddPieces((first, second))])
    await journal.commit(1, [grant(second, "1.1"), *story.tell("a", Status.PROCESSING)])
    await journal.commit(1, [settle(second, "1.1", result(2)), *story.tell("a", piece=2)])

    recovery = await (await reopen()).begin_epoch()

    settled = done(leased(second, "1.1"))
    assert recovery.unfinished == (Stored(story.jobs["a"], (first, settled), {2: result(2)}),)
    assert recovery.position == 3
    assert recovery.epoch == 2


async def test_a_lease_that_was_out_at_a_crash_is_found_as_it_was(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), AddPieces((piece("a", 0),))])
    await journal.commit(1, [grant(piece("a", 0), "1.1")])

    (stored,) = (await (await reopen()).begin_epoch()).unfinished

    assert stored.pieces == (leased(piece("a", 0), "1.1"),)


async def test_unfinished_jobs_come_back_oldest_first_and_finished_ones_only_as_counts(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await journal.commit(1, story.begin("z", at=1.0))
    await journal.commit(1, story.whole("done", Status.COMPLETED))
    await journal.commit(1, story.whole("dead", Status.FAILED))
    await journal.commit(1, story.begin("b", at=2.0, status=Status.PENDING, stage=Stage.UPLOADING))
    await journal.commit(1, story.begin("a", at=3.0))
    await journal.commit(1, story.tell("z", Status.PROCESSING))

    recovery = await (await reopen()).begin_epoch()

    assert [stored.job.id for stored in recovery.unfinished] == ["z", "b", "a"]
    assert recovery.counts.by_status == {
        "completed": 1,
        "failed": 1,
        "pending": 1,
        "processing": 1,
        "queued": 1,
    }
    assert (recovery.counts.total, recovery.counts.dead_letters) == (5, 1)


async def test_an_older_epoch_is_fenced_out(journal: Journal, story: Story) -> None:
    await journal.begin_epoch()

    with pytest.raises(Fenced):
        await journal.commit(1, story.begin("a"))

    assert await journal.job("a") is None
    assert await journal.log(0, 10) == ()


async def test_a_result_counts_once(journal: Journal, story: Story) -> None:
    waiting = piece("a", 1)
    await journal.commit(1, [*story.begin("a"), AddPieces((waiting,))])
    await journal.commit(1, [grant(waiting, "1.1")])
    await journal.commit(1, [settle(waiting, "1.1", result(0))])

    with pytest.raises(StaleLease):
        await journal.commit(1, [settle(waiting, "1.1", result(5))])

    stored = await journal.stored("a")
    assert stored is not None
    assert stored.results == {1: result(0)}


async def test_a_result_under_an_older_lease_does_not_count(journal: Journal, story: Story) -> None:
    waiting = piece("a", 1)
    await journal.commit(1, [*story.begin("a"), AddPieces((waiting,))])
    await journal.commit(1, [grant(waiting, "1.1")])
    await journal.commit(1, [Settle("1.1", waiting)])
    await journal.commit(1, [grant(waiting, "1.2")])

    with pytest.raises(StaleLease):
        await journal.commit(1, [settle(waiting, "1.1", result(0))])

    stored = await journal.stored("a")
    assert stored == Stored(story.jobs["a"], (leased(waiting, "1.2"),))


@pytest.mark.parametrize("token", ["", "1.2", "1.10", "NULL"])
async def test_a_token_that_was_never_given_settles_nothing(
    journal: Journal, story: Story, token: str
) -> None:
    await journal.commit(1, [*story.begin("a"), AddPieces((piece("a", 0), piece("a", 1)))])
    await journal.commit(1, [grant(piece("a", 1), "1.1")])

    for waiting in (piece("a", 0), piece("a", 1), piece("b", 1)):
        with pytest.raises(StaleLease):
            await journal.commit(1, [settle(waiting, token)])


async def test_only_a_waiting_piece_can_be_given_out(journal: Journal, story: Story) -> None:
    waiting = piece("a", 1)
    await journal.commit(1, [*story.begin("a"), AddPieces((waiting,))])
    with pytest.raises(StaleLease):
        await journal.commit(1, [grant(piece("a", 2), "1.1")])

    await journal.commit(1, [grant(waiting, "1.1")])
    with pytest.raises(StaleLease):
        await journal.commit(1, [grant(waiting, "1.2")])

    await journal.commit(1, [settle(waiting, "1.1")])
    with pytest.raises(StaleLease):
        await journal.commit(1, [grant(waiting, "1.3")])


async def test_a_commit_is_whole_or_not_at_all(journal: Journal, story: Story) -> None:
    one, other = piece("a", 1), piece("a", 2)
    await journal.commit(1, [*story.begin("a"), AddPieces((one, other)), grant(one, "1.1")])
    before = await journal.stored("a")
    ahead = msgspec.structs.replace(story.jobs["a"], chunks_done=1)
    late: list[Write] = [
        *story.tell("a", Status.PROCESSING),
        settle(one, "1.1", result(0)),
        Release("a", 1, segments(0, 2)),
        *Story.begin(story, "b"),
        settle(other, "1.2"),
    ]

    with pytest.raises(StaleLease):
        await journal.commit(1, late)

    assert await journal.stored("a") == before
    assert before is not None
    assert before.job != ahead
    assert await journal.job("b") is None
    assert await journal.segments("a") == ()
    assert [event.seq for event in await journal.log(0, 10)] == [1]


async def test_after_a_refused_commit_the_next_one_goes_through(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, story.begin("a"))
    with pytest.raises(StaleLease):
        await journal.commit(1, [settle(piece("a", 0), "1.1")])

    await journal.commit(1, story.tell("a", Status.PROCESSING))

    assert await journal.job("a") == story.jobs["a"]


async def test_a_piece_given_another_chance_waits_without_its_old_result(
    journal: Journal, story: Story
) -> None:
    again, kept = piece("a", 1), piece("a", 2)
    await journal.commit(1, [*story.begin("a"), AddPieces((again, kept))])
    await journal.commit(1, [grant(again, "1.1"), grant(kept, "1.2")])
    await journal.commit(1, [settle(again, "1.1", result(0)), settle(kept, "1.2", result(2))])

    await journal.commit(1, [Reset(again), Reset(done(leased(kept, "1.2")))])

    stored = await journal.stored("a")
    assert stored is not None
    assert [each.state for each in stored.pieces] == [PieceState.WAITING, PieceState.DONE]
    assert stored.results == {2: result(2)}
    await journal.commit(1, [grant(again, "1.3")])


async def test_a_piece_that_does_not_exist_cannot_be_reset(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.begin("a"))
    with pytest.raises(Inconsistent):
        await journal.commit(1, [Reset(piece("a", 1))])


async def test_dropped_pieces_are_gone_and_the_transcript_stays(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), AddPieces((piece("a", 0),))])
    await journal.commit(1, [Release("a", 1, segments(0, 1)), DropPieces("a")])

    assert await journal.stored("a") == Stored(story.jobs["a"])
    assert await journal.segments("a") == segments(0, 1)


async def test_a_failed_job_can_go_on_where_it_was(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await journal.commit(1, [*story.whole("a", Status.FAILED), AddPieces((piece("a", 1),))])
    await journal.commit(1, story.tell("a", Status.QUEUED, completed_at=None))

    recovery = await (await reopen()).begin_epoch()

    assert recovery.unfinished == (Stored(story.jobs["a"], (piece("a", 1),)),)
    assert await journal_is_closed(journal)


async def test_commits_and_questions_at_the_same_time_do_not_mix(
    journal: Journal, story: Story
) -> None:
    commits = [journal.commit(1, story.begin(f"job{number}")) for number in range(20)]
    questions = [journal.job(f"job{number}") for number in range(20)]

    await asyncio.gather(*commits, *questions)

    assert [event.job_id for event in await journal.log(0, 100)] == [
        f"job{number}" for number in range(20)
    ]


async def test_a_closed_journal_says_so_and_can_be_closed_again(
    journal: Journal, story: Story
) -> None:
    await journal.close()
    await journal.close()

    assert await journal_is_closed(journal)
    with pytest.raises(JournalError, match="closed"):
        await journal.commit(1, story.begin("a"))


async def journal_is_closed(journal: Journal) -> bool:
    with pytest.raises(JournalError, match="closed"):
        await journal.job("a")
    return True
