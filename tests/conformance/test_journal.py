"""What every journal promises, whatever it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from retender.errors import Fenced, InvalidOption, JournalError, StaleLease
from retender.jobs import Job, Options, cache_key
from retender.journal.api import (
    AddPieces,
    Append,
    CopyTranscript,
    DeleteJob,
    DropPieces,
    Inconsistent,
    Journal,
    Release,
    Reset,
    Settle,
    Stored,
    Write,
)
from retender.journal.sqlite import SqliteOpener
from retender.states import Stage, Status
from retender.work import PieceState
from tests.journal_story import (
    Story,
    audio,
    done,
    grant,
    leased,
    piece,
    result,
    segment,
    segments,
    settle,
)

Open = Callable[[], Awaitable[Journal]]


@pytest.fixture(params=["sqlite"])
async def reopen(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the journal; again, as after a crash of whoever had it open."""
    opener = SqliteOpener(str(tmp_path / "journal.sqlite3"), synchronous="off")
    opened: list[Journal] = []

    async def open_again() -> Journal:
        opened.append(await opener())
        return opened[-1]

    yield open_again
    for journal in opened:
        await journal.close()


@pytest.fixture
async def journal(reopen: Open) -> Journal:
    opened = await reopen()
    assert (await opened.begin_epoch()).epoch == 1
    return opened


@pytest.fixture
def story() -> Story:
    return Story()


async def under_key(journal: Journal, owner: str, key: str) -> Job | None:
    found = await journal.precedents("new", owner=owner, key=key, cache_key=None)
    return found.same_key


async def test_a_new_journal_is_empty(reopen: Open) -> None:
    recovery = await (await reopen()).begin_epoch()

    assert (recovery.epoch, recovery.position) == (1, 0)
    assert recovery.unfinished == ()
    assert recovery.counts.total == 0


async def test_what_a_commit_acknowledged_is_there_after_a_crash(
    journal: Journal, reopen: Open, story: Story
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
    journal: Journal, reopen: Open, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), AddPieces((piece("a", 0),))])
    await journal.commit(1, [grant(piece("a", 0), "1.1")])

    (stored,) = (await (await reopen()).begin_epoch()).unfinished

    assert stored.pieces == (leased(piece("a", 0), "1.1"),)


async def test_unfinished_jobs_come_back_oldest_first_and_finished_ones_only_as_counts(
    journal: Journal, reopen: Open, story: Story
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


async def test_a_segment_joins_the_transcript_once(journal: Journal, story: Story) -> None:
    await journal.commit(1, [*story.begin("a"), Release("a", 1, segments(0, 2))])

    with pytest.raises(Exception, match=r"(?i)unique"):
        await journal.commit(1, [Release("a", 2, segments(1, 3))])

    assert await journal.segments("a") == segments(0, 2)


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


async def test_dropped_pieces_are_gone_and_the_transcript_stays(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), AddPieces((piece("a", 0),))])
    await journal.commit(1, [Release("a", 1, segments(0, 1)), DropPieces("a")])

    assert await journal.stored("a") == Stored(story.jobs["a"])
    assert await journal.segments("a") == segments(0, 1)


async def test_a_deleted_job_is_gone_altogether_and_its_places_are_not_given_again(
    journal: Journal, reopen: Open, story: Story
) -> None:
    await journal.commit(1, story.begin("stays"))
    gone = story.whole("gone", Status.COMPLETED, idempotency_key="k", audio=audio(1))
    await journal.commit(1, [*gone, AddPieces((piece("gone", 0),))])
    await journal.commit(1, [Release("gone", 1, segments(0, 1))])

    await journal.commit(1, [DeleteJob("gone"), DeleteJob("never was")])

    assert await journal.job("gone") is None
    assert await journal.stored("gone") is None
    assert await journal.segments("gone") == ()
    assert await journal.events("gone", 0, 10) == ()
    assert await under_key(journal, "ana", "k") is None
    assert [event.job_id for event in await journal.log(0, 10)] == ["stays"]
    recovery = await (await reopen()).begin_epoch()
    assert recovery.position == story.position
    assert recovery.counts.total == 1


async def test_jobs_are_listed_newest_first_page_by_page(journal: Journal, story: Story) -> None:
    for number in range(5):
        await journal.commit(1, story.begin(f"job{number}", at=100.0 - number))

    first = await journal.jobs(owner=None, status=None, limit=2, cursor=None)
    # A job that comes in between moves nothing on the later pages.
    await journal.commit(1, story.begin("late"))
    await journal.commit(1, story.tell("job1", Status.PROCESSING))
    second = await journal.jobs(owner=None, status=None, limit=2, cursor=first.cursor)
    third = await journal.jobs(owner=None, status=None, limit=2, cursor=second.cursor)

    pages = [[job.id for job in page.jobs] for page in (first, second, third)]
    assert pages == [["job4", "job3"], ["job2", "job1"], ["job0"]]
    assert second.jobs[1] == story.jobs["job1"]
    assert third.cursor is None


async def test_a_page_that_ends_with_the_last_job_has_no_next(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), *story.begin("b")])

    assert (await journal.jobs(owner=None, status=None, limit=2, cursor=None)).cursor is None
    assert (await journal.jobs(owner="bob", status=None, limit=2, cursor=None)).jobs == ()


async def test_jobs_are_listed_by_owner_and_by_status(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.whole("a", Status.COMPLETED, owner="ana"))
    await journal.commit(1, story.begin("b", owner="bob"))
    await journal.commit(1, story.whole("c", Status.COMPLETED, owner="bob"))
    await journal.commit(1, story.begin("d", owner="ana"))

    async def listed(owner: str | None, status: Status | None) -> list[str]:
        page = await journal.jobs(owner=owner, status=status, limit=10, cursor=None)
        return [job.id for job in page.jobs]

    assert await listed("ana", None) == ["d", "a"]
    assert await listed(None, Status.COMPLETED) == ["c", "a"]
    assert await listed("bob", Status.QUEUED) == ["b"]
    assert await listed("bob", Status.FAILED) == []


@pytest.mark.parametrize("cursor", ["", "x", "1; DROP TABLE jobs", "1.5"])
async def test_a_made_up_cursor_is_refused(journal: Journal, cursor: str) -> None:
    with pytest.raises(InvalidOption):
        await journal.jobs(owner=None, status=None, limit=2, cursor=cursor)


async def test_an_idempotency_key_leads_to_its_owners_job(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.begin("a", owner="ana", idempotency_key="k"))
    await journal.commit(1, story.begin("b", owner="bob", idempotency_key="k"))
    await journal.commit(1, [*story.begin("c"), *story.begin("d")])

    assert await under_key(journal, "ana", "k") == story.jobs["a"]
    assert await under_key(journal, "bob", "k") == story.jobs["b"]
    assert await under_key(journal, "ana", "other") is None


async def test_one_owner_has_one_job_by_one_idempotency_key(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.begin("a", idempotency_key="k"))

    with pytest.raises(Exception, match=r"(?i)unique"):
        await journal.commit(1, story.begin("b", idempotency_key="k"))

    assert await journal.job("b") is None


async def test_only_a_completed_job_answers_for_another_with_equal_audio_and_options(
    journal: Journal, story: Story
) -> None:
    key = cache_key(audio(1), Options())
    await journal.commit(1, story.begin("running", audio=audio(1)))
    await journal.commit(1, story.whole("failed", Status.FAILED, audio=audio(1)))
    other = Options(language="de")
    await journal.commit(1, story.whole("x", Status.COMPLETED, audio=audio(1), options=other))
    await journal.commit(1, story.whole("y", Status.COMPLETED, audio=audio(2)))
    assert await journal.completed(key) is None

    await journal.commit(1, story.whole("done", Status.COMPLETED, audio=audio(1)))

    assert await journal.completed(key) == story.jobs["done"]


async def test_an_upload_is_in_use_until_its_last_job_has_been_over_for_long(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, story.begin("running", audio=audio(1)))
    await journal.commit(1, story.begin("uploading", status=Status.PENDING, stage=Stage.UPLOADING))
    await journal.commit(1, story.whole("old", Status.COMPLETED, at=10.0, audio=audio(2)))
    await journal.commit(1, story.whole("new", Status.COMPLETED, at=30.0, audio=audio(3)))
    await journal.commit(1, story.whole("both", Status.CANCELLED, at=5.0, audio=audio(1)))

    await journal.commit(1, story.whole("dead", Status.FAILED, at=1.0, audio=audio(4)))

    kept = {audio(1).sha256, audio(4).sha256}
    assert await journal.audio_in_use(20.0) == kept | {audio(3).sha256}
    assert await journal.audio_in_use(40.0) == kept


async def test_what_ended_long_ago_is_found_oldest_first(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.whole("second", Status.CANCELLED, at=20.0))
    await journal.commit(1, story.whole("first", Status.COMPLETED, at=10.0))
    await journal.commit(1, story.whole("dead", Status.FAILED, at=15.0))
    await journal.commit(1, story.whole("third", Status.COMPLETED, at=30.0))
    await journal.commit(1, story.begin("running"))

    assert await journal.finished_before(30.0, 10) == ("first", "dead", "second")
    assert await journal.finished_before(31.0, 1) == ("first",)
    assert await journal.finished_before(10.0, 10) == ()


async def test_a_failed_job_can_go_on_where_it_was(
    journal: Journal, reopen: Open, story: Story
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
