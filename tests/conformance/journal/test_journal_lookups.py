"""What is found in the journal, whatever else is in it."""

from __future__ import annotations

import pytest

from retender.audio.peaks import Peaks
from retender.errors import InvalidOption
from retender.jobs.job import Job, Options, cache_key
from retender.jobs.states import Stage, Status
from retender.journal.api import (
    AddPieces,
    CopyTranscript,
    DeleteJob,
    ForgetJob,
    Journal,
    JournalOpener,
    Listing,
    Release,
    SavePeaks,
)
from retender.journal.limits import FORGOTTEN_SECONDS
from tests.support.storage.journal_story import Story, audio, piece, segments

PEAKS = Peaks(20.0, bytes((0, 127, 129)))


async def under_key(journal: Journal, owner: str, key: str) -> Job | None:
    found = await journal.matching_jobs("new", owner=owner, key=key, cache_key=None)
    return found.same_key


async def test_a_deleted_job_is_gone_altogether_and_its_places_are_not_given_again(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    await journal.commit(1, story.begin("stays"))
    gone = story.whole("gone", Status.COMPLETED, idempotency_key="k", audio=audio(1))
    await journal.commit(1, [*gone, AddPieces((piece("gone", 0),))])
    await journal.commit(1, [Release("gone", 1, segments(0, 1)), SavePeaks("gone", PEAKS)])

    await journal.commit(1, [DeleteJob("gone"), DeleteJob("never was")])

    assert await journal.job("gone") is None
    assert await journal.stored("gone") is None
    assert await journal.segments("gone") == ()
    assert await journal.events("gone", 0, 10) == ()
    assert await journal.peaks("gone") is None
    assert await under_key(journal, "ana", "k") is None
    assert [event.job_id for event in await journal.log(0, 10)] == ["stays"]
    recovery = await (await reopen()).begin_epoch()
    assert recovery.position == story.position
    assert recovery.counts.total == 1


async def test_jobs_are_listed_newest_first_page_by_page(journal: Journal, story: Story) -> None:
    for number in range(5):
        await journal.commit(1, story.begin(f"job{number}", at=100.0 - number))

    first = await journal.jobs(Listing(limit=2))
    # A job that comes in between moves nothing on the later pages.
    await journal.commit(1, story.begin("late"))
    await journal.commit(1, story.tell("job1", Status.PROCESSING))
    second = await journal.jobs(Listing(limit=2, cursor=first.cursor))
    third = await journal.jobs(Listing(limit=2, cursor=second.cursor))

    pages = [[job.id for job in page.jobs] for page in (first, second, third)]
    assert pages == [["job4", "job3"], ["job2", "job1"], ["job0"]]
    assert second.jobs[1] == story.jobs["job1"]
    assert third.cursor is None


async def test_a_page_that_ends_with_the_last_job_has_no_next(
    journal: Journal, story: Story
) -> None:
    await journal.commit(1, [*story.begin("a"), *story.begin("b")])

    assert (await journal.jobs(Listing(limit=2))).cursor is None
    assert (await journal.jobs(Listing(owner="bob", limit=2))).jobs == ()


async def test_jobs_are_listed_by_owner_and_by_status(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.whole("a", Status.COMPLETED, owner="ana"))
    await journal.commit(1, story.begin("b", owner="bob"))
    await journal.commit(1, story.whole("c", Status.COMPLETED, owner="bob"))
    await journal.commit(1, story.begin("d", owner="ana"))

    async def listed(owner: str | None, status: Status | None) -> list[str]:
        page = await journal.jobs(Listing(owner=owner, status=status, limit=10))
        return [job.id for job in page.jobs]

    assert await listed("ana", None) == ["d", "a"]
    assert await listed(None, Status.COMPLETED) == ["c", "a"]
    assert await listed("bob", Status.QUEUED) == ["b"]
    assert await listed("bob", Status.FAILED) == []


@pytest.mark.parametrize("cursor", ["", "x", "1; DROP TABLE jobs", "1.5"])
async def test_a_made_up_cursor_is_refused(journal: Journal, cursor: str) -> None:
    with pytest.raises(InvalidOption):
        await journal.jobs(Listing(limit=2, cursor=cursor))


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
    assert await journal.completed(key, None) is None

    await journal.commit(1, story.whole("done", Status.COMPLETED, audio=audio(1)))

    assert await journal.completed(key, None) == story.jobs["done"]


async def test_a_result_is_its_owners_unless_results_are_for_all(
    journal: Journal, story: Story
) -> None:
    key = cache_key(audio(1), Options())
    await journal.commit(1, story.whole("anas", Status.COMPLETED, owner="ana", audio=audio(1)))
    await journal.commit(1, story.whole("bens", Status.COMPLETED, owner="ben", audio=audio(1)))

    async def known(owner: str, *, shared: bool) -> Job | None:
        found = await journal.matching_jobs(
            "new", owner=owner, key=None, cache_key=key, shared=shared
        )
        return found.known

    assert await journal.completed(key, "ana") == story.jobs["anas"]
    assert await journal.completed(key, "eve") is None
    assert await journal.completed(key, None) == story.jobs["bens"]
    assert await known("ana", shared=False) == story.jobs["anas"]
    assert await known("eve", shared=False) is None
    assert await known("eve", shared=True) == story.jobs["bens"]


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
    asked = [audio(number).sha256 for number in range(7)]
    assert await journal.audio_in_use(asked, 20.0) == kept | {audio(3).sha256}
    assert await journal.audio_in_use(asked, 40.0) == kept
    assert await journal.audio_in_use(asked[:3], 20.0) == {audio(1).sha256}
    assert await journal.audio_in_use([], 20.0) == frozenset()


async def test_what_ended_long_ago_is_found_oldest_first(journal: Journal, story: Story) -> None:
    await journal.commit(1, story.whole("second", Status.CANCELLED, at=20.0))
    await journal.commit(1, story.whole("first", Status.COMPLETED, at=10.0))
    await journal.commit(1, story.whole("dead", Status.FAILED, at=15.0))
    await journal.commit(1, story.whole("third", Status.COMPLETED, at=30.0))
    await journal.commit(1, story.begin("running"))

    assert await journal.finished_before(30.0, 10) == ("first", "dead", "second")
    assert await journal.finished_before(31.0, 1) == ("first",)
    assert await journal.finished_before(10.0, 10) == ()


@pytest.mark.parametrize("name", ["", "a\0", "\0", "%s", "?", ":id", "x" * 10_000])
async def test_a_name_that_no_job_has_finds_nothing(
    journal: Journal, story: Story, name: str
) -> None:
    await journal.commit(1, story.begin("a"))

    assert await journal.stored(name) is None
    assert await journal.events(name, 0, 10) == ()
    assert await under_key(journal, name, name) is None


async def test_peaks_are_kept_byte_by_byte_and_the_latest_count(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    assert await journal.peaks("a") is None
    await journal.commit(1, [*story.begin("a"), SavePeaks("a", Peaks(2.5, b"\x01"))])
    await journal.commit(1, [SavePeaks("a", PEAKS)])

    assert await (await reopen()).peaks("a") == PEAKS


async def test_a_copied_transcript_brings_the_peaks_with_it(journal: Journal, story: Story) -> None:
    await journal.commit(1, [*story.whole("a", Status.COMPLETED), SavePeaks("a", PEAKS)])
    await journal.commit(1, [CopyTranscript("a", "b"), *story.whole("b", Status.COMPLETED)])

    assert await journal.peaks("b") == PEAKS


async def test_a_forgotten_job_is_gone_and_known_as_forgotten_for_a_day(
    journal: Journal, reopen: JournalOpener, story: Story
) -> None:
    async def forgotten(job_id: str) -> bool:
        again = await reopen()
        found = await again.matching_jobs(job_id, owner="ana", key="k", cache_key=None)
        return found.forgotten

    await journal.commit(1, story.whole("a", Status.COMPLETED, idempotency_key="k"))
    assert not await forgotten("a")
    journal = await reopen()
    await journal.commit(1, [ForgetJob("a", 10.0), ForgetJob("never was", 10.0)])
    assert await journal.job("a") is None
    assert await forgotten("a")

    await (await reopen()).commit(1, [ForgetJob("b", 10.0 + FORGOTTEN_SECONDS)])
    assert await forgotten("a")
    await (await reopen()).commit(1, [ForgetJob("c", 10.1 + FORGOTTEN_SECONDS)])
    assert not await forgotten("a")
    assert await forgotten("c")
