"""Pages of a transcript. A long one is never read, sent or written whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from retender.transcript.chunks import Seam
from retender.transcript.segments import Segment, Transcript


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where in a transcript a page begins. A version never changes, so the pages of one version
    are one text, whenever they are read."""

    version: int
    segment: int = 0
    """Of the original: the id of the first segment. Of an edit: its place in the part."""
    part: int = 0
    piece: int | None = None
    """Of a failed job, after all that has joined the transcript: the last piece before."""
    seam: Seam | None = None


class TranscriptPage(msgspec.Struct, frozen=True):
    transcript: Transcript
    """With the segments of this page only."""
    following: Place | None
    """Where the next page begins; None after the last."""


ReadPage = Callable[[Place | None], Awaitable[TranscriptPage]]
"""Reads the page that begins at this place; the first one for None."""


class PagedTranscript:
    """A transcript of which one page at a time is in memory."""

    def __init__(self, read: ReadPage, first: TranscriptPage) -> None:
        self._read = read
        self._first = first

    @classmethod
    async def open(cls, read: ReadPage) -> PagedTranscript:
        return cls(read, await read(None))

    @property
    def about(self) -> Transcript:
        """All but the segments."""
        return msgspec.structs.replace(self._first.transcript, segments=())

    @property
    def has_one_page(self) -> bool:
        return self._first.following is None

    async def pages(self) -> AsyncIterator[tuple[Segment, ...]]:
        """The segments, page by page. May be called again: then they are read again."""
        page = self._first
        yield page.transcript.segments
        while page.following is not None:
            page = await self._read(page.following)
            yield page.transcript.segments

    async def whole(self) -> Transcript:
        """All of it in memory."""
        segments = [segment async for page in self.pages() for segment in page]
        return msgspec.structs.replace(self.about, segments=tuple(segments))

    async def short(self, most: int) -> Transcript | None:
        """All of it, if it has at most so many bytes as JSON."""
        size = 0
        segments: list[Segment] = []
        async for page in self.pages():
            size += len(msgspec.json.encode(page))
            if size > most:
                return None
            segments += page
        return msgspec.structs.replace(self.about, segments=tuple(segments))
