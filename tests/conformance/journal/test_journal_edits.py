"""Edited versions of transcripts: beside the original, in order, and no more than are kept."""

from __future__ import annotations

import pytest

from retender.jobs.states import Status
from retender.journal.api import (
    CopyTranscript,
    DeleteJob,
    Inconsistent,
    Journal,
    JournalOpener,
    Release,
    SaveEdit,
)
from retender.journal.limits import EDITS_KEPT
from retender.transcript.edits import Edit
from retender.transcript.segments import Segment
from tests.support.storage.journal_story import Story, segments

EDITED = (Segment(0, 0.0, 1.0, "¿qué? \N{SNOWMAN}", 0.5, "es"), Segment(9, 1.0, 2.0, ""))


async def edited(journal: Journal, story: Story, times: int) -> None:
    await journal.commit(1, [*story.whole("a", Status.COMPLETED)])
    await journal.commit(1, [Release("a", 0, segments(0, 2))])
    for version in range(1, times + 1):
        await journal.commit(1, [SaveEdit("a", Edit.of(version, float(version), EDITED))])


async def test_an_edit_is_kept_beside_the_original(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await edited(journal, story, 2)

    again = await reopen()

    assert await again.edit("a") == Edit.of(2, 2.0, EDITED)
    assert await again.edit("a", 1) == Edit.of(1, 1.0, EDITED)
    assert await again.segments("a") == segments(0, 2)
    assert (await again.versions("a")).kept == (0, 1, 2)


async def test_a_transcript_that_nobody_edited_has_its_original_only(
    journal: Journal, story: Story
) -> None:
    await edited(journal, story, 0)

    assert await journal.edit("a") is None
    assert await journal.edit("a", 1) is None
    assert (await journal.versions("a")).kept == (0,)


@pytest.mark.parametrize("version", [0, 1, 2, 4])
async def test_an_edit_that_is_not_the_next_is_not_taken(
    journal: Journal, story: Story, version: int
) -> None:
    await edited(journal, story, 2)

    with pytest.raises(Inconsistent):
        await journal.commit(1, [SaveEdit("a", Edit.of(version, 9.0, ()))])

    assert (await journal.versions("a")).latest == 2


async def test_the_oldest_edits_make_room_and_numbers_go_on(journal: Journal, story: Story) -> None:
    await edited(journal, story, EDITS_KEPT + 3)

    kept = (await journal.versions("a")).kept

    assert kept == (0, *range(4, EDITS_KEPT + 4))
    assert await journal.edit("a", 3) is None


async def test_edits_are_not_copied_and_go_with_their_job(journal: Journal, story: Story) -> None:
    await edited(journal, story, 1)
    await journal.commit(1, [CopyTranscript("a", "b"), *story.whole("b", Status.COMPLETED)])
    assert (await journal.edit("b"), await journal.segments("b")) == (None, segments(0, 2))

    await journal.commit(1, [DeleteJob("a")])

    assert await journal.edit("a") is None
    assert (await journal.versions("a")).kept == (0,)
