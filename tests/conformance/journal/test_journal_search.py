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
    IndexOld,
    Journal,
    JournalOpener,
    Listing,
    Release,
    Rename,
    SaveEdit,
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
    assert (await journal.unindexed(), await found(journal, "one")) == (True, [])

    await journal.commit(1, [IndexOld(1)])
    assert (await journal.unindexed(), await found(journal, "one")) == (True, ["c"])
    await journal.commit(1, [IndexOld(9)])
    assert (await journal.unindexed(), await found(journal, "one")) == (False, ["c", "a"])
