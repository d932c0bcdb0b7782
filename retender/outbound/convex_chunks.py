"""Divides a transcript into chunks that a Convex document can hold.

Segments come in pages and chunks go out as soon as they are whole, so a transcript of any length
takes the memory of one chunk. The texts of all chunks, one after another, are the whole text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from retender.outbound.limits import CONVEX_CHUNK_BYTES, CONVEX_SEGMENTS, CONVEX_WORDS
from retender.transcript.segments import Segment, joined


class TextChunk(msgspec.Struct, frozen=True):
    index: int
    text: str
    segments: tuple[Segment, ...]


class ChunkCutter:
    def __init__(self, *, timed: bool, most: int = CONVEX_SEGMENTS) -> None:
        """`timed`: chunks have segments, `most` at most; else only their text, as the caller asked
        for."""
        self._timed = timed
        self._most = most
        self._pending: list[Segment] = []
        self._bytes = 0
        self._before = ""
        """The last character of the chunks before; empty after a separator."""
        self.count = 0
        self.silent = True
        """True as long as no segment had a text."""

    def add(self, segments: Iterable[Segment]) -> Iterator[TextChunk]:
        for segment in map(_within_bounds, segments):
            size = len(msgspec.json.encode(segment)) + len(segment.text.encode())
            if self._pending and not self._fits(size):
                yield self._cut(segment.text)
            self._pending.append(segment)
            self._bytes += size + 1

    def finish(self) -> Iterator[TextChunk]:
        if self._pending:
            yield self._cut("")

    def _fits(self, size: int) -> bool:
        room = self._bytes + size < CONVEX_CHUNK_BYTES
        return room and len(self._pending) < self._most

    def _cut(self, following: str) -> TextChunk:
        """`following`: the text after this chunk, which decides how both are joined."""
        segments, self._pending, self._bytes = tuple(self._pending), [], 0
        text = joined(segment.text for segment in segments)
        self.silent = self.silent and not text
        if text:
            text = _gap(self._before, text) + text
            gap = _gap(text, following)
            # Where nothing follows yet, the next text brings the separator along.
            self._before = "" if following.split() else text[-1]
            text += gap
        self.count += 1
        return TextChunk(self.count - 1, text, segments if self._timed else ())


def _gap(before: str, after: str) -> str:
    """What `joined` puts between these two."""
    one, other = before.strip()[-1:], after.strip()[:1]
    return joined((one, other))[1:-1] if one and other else ""


def _within_bounds(segment: Segment) -> Segment:
    """A segment with more words than Convex takes goes without the times of its words."""
    if len(segment.words) <= CONVEX_WORDS:
        return segment
    return msgspec.structs.replace(segment, words=())
