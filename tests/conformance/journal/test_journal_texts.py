"""Texts are read page by page, each page from one state of the journal."""

from __future__ import annotations

import msgspec
import pytest

from retender.errors import VersionNotFound
from retender.jobs.states import Status
from retender.journal import texts
from retender.journal.api import (
    AddPieces,
    DeleteJob,
    Journal,
    JournalOpener,
    JournalReader,
    Release,
    SaveEdit,
    StoredText,
)
from retender.transcript import edits
from retender.transcript.edits import Edit
from retender.transcript.pages import Place
from retender.transcript.segments import Segment
from tests.support.storage.journal_story import Story, grant, piece, result, segments, settle

LITTLE = 400


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "TEXT_PAGE_BYTES", LITTLE)
    monkeypatch.setattr(texts, "SEGMENTS_PER_PAGE", 4)
    monkeypatch.setattr(texts, "PIECES_PER_PAGE", 2)
    monkeypatch.setattr(edits, "EDIT_PART_BYTES", LITTLE)


async def pages(reader: JournalReader, job_id: str, version: int | None = None) -> list[StoredText]:
    read: list[StoredText] = []
    place: Place | None = None
    while not read or place is not None:
        page = await reader.text(job_id, version, place)
        assert page is not None
        read.append(page)
        place = page.following
    return read


def text_of(read: list[StoredText]) -> tuple[Segment, ...]:
    return tuple(segment for page in read for segment in page.segments)


async def test_a_transcript_is_read_in_pages(journal: Journal, story: Story) -> None:
    await journal.commit(1, [*story.begin("a"), Release("a", 0, segments(0, 9))])
    read = await pages(journal.beside, "a")
    assert text_of(read) == segments(0, 9)
    assert max(len(page.segments) for page in read) < 9
    assert {page.version for page in read} == {0}
    assert await journal.beside.text("gone") is None


async def test_a_page_has_one_segment_at_least(
    journal: Journal, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "TEXT_PAGE_BYTES", 1)
    await journal.commit(1, [*story.begin("a"), Release("a", 0, segments(0, 3))])
    read = await pages(journal.beside, "a")
    assert text_of(read) == segments(0, 3)


async def test_an_edit_is_read_in_pages_and_stays_the_same_while_others_are_made(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), Release("a", 0, segments(0, 2))])
    await journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, segments(0, 20)))])
    first = await journal.beside.text("a")
    assert first is not None
    assert (first.version, first.edited_at) == (1, 9.0)

    await journal.commit(1, [SaveEdit("a", Edit.of(2, 10.0, segments(0, 1)))])
    read, place = [first], first.following
    while place is not None:
        page = await journal.beside.text("a", None, place)
        assert page is not None
        read.append(page)
        place = page.following
    assert text_of(read) == segments(0, 20)
    assert len(read) > 2
    assert text_of(await pages(journal.beside, "a")) == segments(0, 1)
    assert text_of(await pages(journal.beside, "a", 0)) == segments(0, 2)
    with pytest.raises(VersionNotFound):
        await journal.beside.text("a", 3)


async def test_an_edit_of_nothing_is_a_text_without_segments(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), SaveEdit("a", Edit.of(1, 9.0, ()))])
    (page,) = await pages(journal.beside, "a")
    assert (page.version, page.segments) == (1, ())


async def test_an_edit_that_was_stored_in_one_part_is_read_in_pages(
    journal: Journal, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "EDIT_PART_BYTES", 1 << 20)
    whole = Edit.of(1, 9.0, segments(0, 20))
    assert len(whole.parts) == 1
    await journal.commit(1, [*story.begin("a"), SaveEdit("a", whole)])
    read = await pages(journal.beside, "a")
    assert text_of(read) == segments(0, 20)
    assert len(read) > 2


async def test_of_a_failed_job_the_results_after_a_gap_are_read_too(
    journal: Journal, story: Story
) -> None:
    pieces = tuple(piece("a", index) for index in range(1, 7))
    await journal.commit(1, [*story.begin("a"), AddPieces(pieces)])
    for each in pieces[1:]:
        token = f"1.{each.index}"
        await journal.commit(1, [grant(each, token)])
        await journal.commit(1, [settle(each, token, result(each.index))])
    assert len(await pages(journal.beside, "a")) == 1, "the job may still go on"
    await journal.commit(1, story.tell("a", Status.FAILED))

    read = await pages(journal.beside, "a")
    found = [(each.index, heard) for page in read for each, heard in page.results]
    assert found == [(number, result(number)) for number in range(2, 7)]
    assert max(len(page.results) for page in read) < 5


async def test_what_was_committed_is_read_beside_at_once_and_what_was_deleted_is_gone(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, story.whole("a", Status.COMPLETED))
    assert await journal.beside.job("a") == story.jobs["a"]
    await journal.commit(1, [DeleteJob("a")])
    assert await journal.beside.job("a") is None


async def test_a_journal_that_was_left_open_is_opened_again_with_both_its_connections(
    reopen: JournalOpener, story: Story
) -> None:
    first = await reopen()
    await first.begin_epoch()
    await first.commit(1, story.begin("a"))
    again = await reopen()
    assert await again.beside.job("a") == story.jobs["a"]
    assert msgspec.structs.asdict(await again.begin_epoch())["epoch"] == 2
