"""Jobs are found by their names and texts, the same in every journal."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from retender.jobs.states import Status
from retender.journal.api import (
    CopyTranscript,
    DeleteJob,
    ForgetJob,
    Index,
    Journal,
    JournalOpener,
    Listing,
    Release,
    Rename,
    SaveEdit,
    Unindexed,
    Write,
)
from retender.journal.sql import SqlJournal
from retender.journal.statements import Connection
from retender.transcript.edits import Edit
from retender.transcript.search import Passage, query_words
from retender.transcript.segments import Segment
from tests.support.storage.journal_story import Story


def said(*texts: str) -> tuple[Segment, ...]:
    return tuple(Segment(n, float(n), n + 1.0, text) for n, text in enumerate(texts))


def told(story: Story, job_id: str, *texts: str, end: Status, **fields: Any) -> list[Write]:
    return [
        *story.begin(job_id, **fields),
        *story.tell(job_id, Status.PROCESSING),
        Release(job_id, 0, said(*texts)),
        *story.tell(job_id, end),
    ]


async def transcribed(journal: Journal, story: Story, job_id: str, *texts: str) -> None:
    await journal.commit(1, told(story, job_id, *texts, end=Status.COMPLETED))


async def found(journal: Journal, query: str, **terms: Any) -> list[str]:
    page = await journal.jobs(Listing(words=query_words(query), **terms))
    return [job.id for job in page.jobs]


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("reunion", ["b", "a"]),
        ("REUNIÓN presupuesto", ["a"]),
        ("presupuesto reunión", ["a"]),
        ("presu reu", ["a"]),
        ("la", ["a"]),
        ("re", []),
        ("unión", []),
        ("strasse", ["b"]),
        ("会", ["b"]),
        ("2a", ["a"]),
        ("snowman's \N{SNOWMAN}", []),
        ("words OR reunion", []),
        ('"reunion" AND NEAR(* :', []),
        ("reunion ' \\ % _", ["b", "a"]),
        ("\N{SNOWMAN}!", []),
    ],
)
async def test_a_query_finds_the_jobs_that_have_all_of_its_words(
    journal: Journal, story: Story, query: str, jobs: list[str]
) -> None:
    await transcribed(journal, story, "a", "La Reunión: 2ª parte.", "Habló del presupuesto.")
    await transcribed(journal, story, "b", "reunion in der Straße", "会议")
    await transcribed(journal, story, "c")

    assert await found(journal, query) == jobs


async def test_a_name_is_found_at_once_and_no_more_under_its_old_one(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, story.begin("a", name="Café.m4a"))
    assert await found(journal, "cafe") == ["a"]

    story.jobs["a"] = replace(story.jobs["a"], name="Zoë")
    await journal.commit(1, [Rename(story.jobs["a"])])

    assert (await found(journal, "cafe"), await found(journal, "zoe")) == ([], ["a"])
    await journal.commit(1, story.tell("a", Status.PROCESSING))
    assert await found(journal, "zoe") == ["a"]


async def test_a_name_and_a_text_are_found_together(journal: Journal, story: Story) -> None:
    ended = told(story, "a", "the budget", end=Status.FAILED, name="Board")
    await journal.commit(1, ended)

    assert await found(journal, "budget board") == ["a"]


async def test_the_edited_text_is_found_and_the_original_no_more(
    journal: Journal, story: Story
) -> None:
    await transcribed(journal, story, "a", "one", "two")
    await journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, said("one", "three")))])

    assert (await found(journal, "two"), await found(journal, "three")) == ([], ["a"])
    assert await journal.passage("a", ("three",)) == Passage(1.0, ("", "three", ""))


async def test_a_copied_text_is_found_as_well(journal: Journal, story: Story) -> None:
    await transcribed(journal, story, "a", "one")
    copy = story.whole("b", Status.COMPLETED)
    await journal.commit(1, [CopyTranscript("a", "b"), *copy])

    assert await found(journal, "one") == ["b", "a"]


async def test_what_is_gone_is_not_found(journal: Journal, story: Story) -> None:
    for job_id in "abc":
        await transcribed(journal, story, job_id, "one")
    await journal.commit(1, [DeleteJob("a"), ForgetJob("b", 1.0)])
    # A job whose place comes after theirs.
    await transcribed(journal, story, "d", "two")

    assert (await found(journal, "one"), await found(journal, "two")) == (["c"], ["d"])


async def test_what_was_not_committed_is_not_found(journal: Journal, story: Story) -> None:
    await transcribed(journal, story, "a", "one")
    with pytest.raises(Exception, match="does not follow"):
        await journal.commit(
            1,
            [
                SaveEdit("a", Edit.of(1, 9.0, said("two"))),
                SaveEdit("a", Edit.of(9, 9.0, said("three"))),
            ],
        )

    assert (await found(journal, "one"), await found(journal, "two")) == (["a"], [])


async def test_each_owner_finds_its_own_jobs_in_the_state_it_asks_for(
    journal: Journal, story: Story
) -> None:
    for job_id, owner, end in (
        ("a", "ana", Status.COMPLETED),
        ("b", "bob", Status.COMPLETED),
        ("c", "ana", Status.FAILED),
        ("d", "", Status.COMPLETED),
    ):
        await journal.commit(1, told(story, job_id, "one", end=end, owner=owner))

    assert await found(journal, "one", owner="ana") == ["c", "a"]
    assert await found(journal, "one", owner="") == ["d"]
    assert await found(journal, "one", owner="nobody") == []
    assert await found(journal, "one", status=Status.COMPLETED) == ["d", "b", "a"]
    assert await found(journal, "one", owner="ana", status=Status.FAILED) == ["c"]
    # An owner's name is no word of a text.
    assert await found(journal, "ana") == []
    assert await found(journal, "o616e61") == []


@pytest.mark.parametrize("words", [None, ("one",)])
@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_follow_one_another_in_both_orders(
    journal: Journal, story: Story, words: tuple[str, ...] | None, oldest_first: bool
) -> None:
    for job_id in "abcde":
        await transcribed(journal, story, job_id, "one")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        listing = Listing(words=words, oldest_first=oldest_first, limit=2, cursor=cursor)
        page = await journal.jobs(listing)
        seen += [job.id for job in page.jobs]
        cursor = page.cursor
        # A job that leaves in between moves nothing on the later pages.
        await journal.commit(1, [DeleteJob(seen[-1])])

    assert seen == sorted("abcde", reverse=not oldest_first)
    assert cursor is None


async def test_a_query_without_a_word_finds_nothing(journal: Journal, story: Story) -> None:
    await transcribed(journal, story, "a", "one")

    assert await found(journal, "!?") == []
    assert await journal.passage("a", ("other",)) is None
    assert await journal.passage("nowhere", ("one",)) is None


async def test_a_text_of_nothing_but_different_words_can_be_stored(
    journal: Journal, story: Story
) -> None:
    texts = [" ".join(f"{n:x}".rjust(12, "a") for n in range(at, at + 100)) for at in range(300)]
    texts += [" ".join(f"b{at}x{n}" for n in range(100)) for at in range(500)]
    await transcribed(journal, story, "a", "x" * 5000, *texts)
    await index_all(journal)

    assert await found(journal, "aaaaaaaaaaaa") == ["a"]


async def test_jobs_from_before_there_was_an_index_are_indexed_some_at_a_time(
    reopen: JournalOpener, story: Story
) -> None:
    journal = await reopen()
    assert isinstance(journal, SqlJournal)
    await journal.begin_epoch()
    for job_id in "abc":
        await transcribed(journal, story, job_id, "one")

    def as_after_an_update(connection: Connection) -> None:
        connection.execute("DELETE FROM search")
        connection.execute("INSERT INTO unindexed (ordinal) SELECT ordinal FROM jobs")

    await journal._thread.run(lambda database: database.write(as_after_an_update))
    await journal.commit(1, [DeleteJob("b")])
    newest = await journal.unindexed()
    assert (newest is not None, await found(journal, "one")) == (True, [])
    assert newest is not None

    await journal.commit(1, [Index(newest)])
    assert await found(journal, "one") == ["c"]
    assert await index_all(journal) == 1
    assert await found(journal, "one") == ["c", "a"]


LONG = 3_000
"""Segments of a text that is not indexed in the commit that stores it."""


def long_text(*ends: str) -> tuple[Segment, ...]:
    return said(*(f"these are the words of line {n}" for n in range(LONG)), *ends)


async def index_all(journal: Journal) -> int:
    """Returns how many jobs waited for it."""
    count = 0
    read = await journal.unindexed()
    while read is not None:
        if read.following is None:
            count += 1
            await journal.commit(1, [Index(read)])
        read = await journal.unindexed(read)
    return count


async def in_pages(journal: Journal) -> list[Unindexed]:
    """What is read of the next job that waits."""
    read = await journal.unindexed()
    pages = [] if read is None else [read]
    while pages and pages[-1].following is not None:
        following = await journal.unindexed(pages[-1])
        assert following is not None
        pages.append(following)
    return pages


async def test_a_long_text_is_indexed_after_its_commit_whatever_crashes_meanwhile(
    reopen: JournalOpener, story: Story
) -> None:
    journal = await reopen()
    await journal.begin_epoch()
    await journal.commit(1, story.begin("a", name="Board"))
    await journal.commit(
        1,
        [
            *story.tell("a", Status.PROCESSING),
            Release("a", 0, long_text("budget")),
            *story.tell("a", Status.COMPLETED),
        ],
    )
    assert (await found(journal, "board"), await found(journal, "budget")) == (["a"], [])

    assert len(await in_pages(journal)) > 1
    journal = await reopen()
    await journal.begin_epoch()
    read = (await in_pages(journal))[-1]
    await journal.commit(2, [Index(read)])

    assert await found(journal, "board budget line 2999") == ["a"]
    assert await journal.unindexed() is None


async def test_until_a_long_edit_is_indexed_the_text_before_it_is_found(
    journal: Journal, story: Story
) -> None:
    await transcribed(journal, story, "a", "one")
    await journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, long_text("two")))])
    assert (await found(journal, "one"), await found(journal, "two")) == (["a"], [])

    assert await index_all(journal) == 1
    assert (await found(journal, "one"), await found(journal, "two")) == ([], ["a"])


@pytest.mark.parametrize("change", ["edit", "name"])
async def test_a_text_that_changed_while_it_was_read_is_read_again(
    journal: Journal, story: Story, change: str
) -> None:
    await transcribed(journal, story, "a", "one")
    await journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, long_text("two")))])
    read = (await in_pages(journal))[-1]
    named = replace(story.jobs["a"], name="three")
    changed = SaveEdit("a", Edit.of(2, 9.0, long_text("three")))
    await journal.commit(1, [changed if change == "edit" else Rename(named)])

    await journal.commit(1, [Index(read)])

    assert await found(journal, "one") == ["a"]
    assert await index_all(journal) == 1
    assert await found(journal, "three") == ["a"]


@pytest.mark.parametrize("gone", [DeleteJob("a"), ForgetJob("a", 1.0)])
async def test_a_job_that_goes_while_it_waits_to_be_indexed_leaves_nothing(
    journal: Journal, story: Story, gone: Write
) -> None:
    await transcribed(journal, story, "a", "one")
    await journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, long_text("two")))])
    read = (await in_pages(journal))[-1]

    await journal.commit(1, [gone])
    assert await journal.unindexed() is None
    await journal.commit(1, [Index(read)])

    def rows_left(connection: Connection) -> list[tuple[int]]:
        tables = ("search", "unindexed")
        return [connection.execute(f"SELECT count(*) FROM {t}").fetchone() for t in tables]

    assert isinstance(journal, SqlJournal)
    assert await journal.read(rows_left) == [(0,), (0,)]


async def test_a_commit_of_many_texts_indexes_some_of_them_and_marks_the_others(
    journal: Journal, story: Story
) -> None:
    """What a commit indexes is bounded, and not for each of its jobs by itself."""
    text = [f"these are the words of line {n}" for n in range(LONG // 4)]
    writes = [write for n in range(9) for write in told(story, f"{n}", *text, end=Status.COMPLETED)]
    await journal.commit(1, writes)

    assert 0 < len(await found(journal, "words")) < 9
    await index_all(journal)
    assert len(await found(journal, "words")) == 9
