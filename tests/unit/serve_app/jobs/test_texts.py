"""An answer with a long text is written while the text is read."""

from __future__ import annotations

import msgspec

from retender.transcript.formats import passes, render
from retender.transcript.pages import PagedTranscript, Place, TranscriptPage
from retender.transcript.segments import Segment, Transcript
from serve_app.jobs.texts import answer, written

ABOUT = Transcript((), "es", 1.0, 10.0, 1.0, "medium", "local")
TEXTS = (("uno", "dos"), (), ("tres\n",), ("日本", "語"), ("end",))
WHOLE = tuple(
    Segment(number, float(number), number + 1.0, text)
    for number, text in enumerate(text for page in TEXTS for text in page)
)


class Pages:
    """Reads a page when it is asked for it."""

    def __init__(self) -> None:
        self.read: list[int] = []
        rest = list(WHOLE)
        self._pages = [tuple(rest.pop(0) for _ in page) for page in TEXTS]

    async def __call__(self, place: Place | None) -> TranscriptPage:
        number = 0 if place is None else place.segment
        self.read.append(number)
        segments = self._pages[number]
        following = Place(0, segment=number + 1) if number + 1 < len(self._pages) else None
        return TranscriptPage(msgspec.structs.replace(ABOUT, segments=segments), following)


async def test_a_page_is_read_when_those_before_it_are_written() -> None:
    pages = Pages()
    text = await PagedTranscript.open(pages)
    parts = written(text, passes(text.about, "srt"))
    seen = []
    async for part in parts:
        seen.append(part)
        # The first part is what comes before all pages, the second is the first page.
        assert len(pages.read) <= max(1, len(seen) - 1)
    assert pages.read == list(range(len(TEXTS)))
    assert b"".join(seen).decode() == render(await text.whole(), "srt")


async def test_every_form_of_a_text_in_pages_is_that_of_the_whole() -> None:
    whole = msgspec.structs.replace(ABOUT, segments=WHOLE)
    for kind in ("json", "verbose_json", "txt", "srt", "vtt", "tsv"):
        text = await PagedTranscript.open(Pages())
        assert text.about == ABOUT
        parts = [part async for part in written(text, passes(text.about, kind))]
        assert b"".join(parts).decode() == render(whole, kind)


async def test_a_text_of_one_page_has_a_length_and_a_longer_one_is_streamed() -> None:
    async def one(_: Place | None) -> TranscriptPage:
        return TranscriptPage(msgspec.structs.replace(ABOUT, segments=WHOLE), None)

    short = await PagedTranscript.open(one)
    answered = await answer(short, passes(short.about, "txt"), "text/plain")
    assert int(answered.headers["content-length"]) == len(answered.body)
    long = await PagedTranscript.open(Pages())
    streamed = await answer(long, passes(long.about, "txt"), "text/plain")
    assert "content-length" not in streamed.headers


async def test_a_short_text_is_had_whole_and_of_a_long_one_no_more_is_read_than_is_needed() -> None:
    pages = Pages()
    text = await PagedTranscript.open(pages)
    found = await text.short(10_000)
    assert found is not None
    assert found.segments == WHOLE
    pages.read.clear()
    assert await text.short(10) is None
    assert pages.read == []
