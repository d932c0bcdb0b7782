"""Writes a transcript in passes over its segments, so that a long one is never whole in memory.

A format whose parts follow one another, such as JSON with the text before the segments, takes a
pass for each part. In each pass the writer is given the segments page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

import msgspec

from retender.transcript.segments import Joiner, Segment, Transcript

_encode: Final = msgspec.json.Encoder().encode


class Pass(Protocol):
    """One pass over all segments."""

    @property
    def reads(self) -> bool:
        """False: the text need not be read for it."""

    def begin(self) -> bytes: ...
    def add(self, segments: Iterable[Segment]) -> bytes: ...
    def end(self) -> bytes: ...


Passes = Iterator[Pass]
"""The next one is asked for when the one before has ended."""


def written_whole(transcript: Transcript, passes: Passes) -> bytes:
    """What the passes write of a transcript that is in memory."""
    parts: list[bytes] = []
    for each in passes:
        parts.append(each.begin())
        if each.reads:
            parts.append(each.add(transcript.segments))
        parts.append(each.end())
    return b"".join(parts)


class PlainText:
    """The text as one line."""

    reads = True

    def __init__(self, end: str = "") -> None:
        self._joiner = Joiner()
        self._end = end

    def begin(self) -> bytes:
        return b""

    def add(self, segments: Iterable[Segment]) -> bytes:
        return self._joiner.add(segment.text for segment in segments).encode()

    def end(self) -> bytes:
        return self._end.encode()


class JsonText:
    """The text as a JSON string, between what comes before and after it. Notes whether there is any
    text, and whether there are words with times."""

    reads = True

    def __init__(self, before: bytes, after: bytes = b"") -> None:
        self._joiner = Joiner()
        self._before = before
        self._after = after
        self.silent = True
        self.has_words = False

    def begin(self) -> bytes:
        return self._before + b'"'

    def add(self, segments: Iterable[Segment]) -> bytes:
        texts: list[str] = []
        for segment in segments:
            texts.append(segment.text)
            self.has_words = self.has_words or bool(segment.words)
        text = self._joiner.add(texts)
        self.silent = self.silent and not text
        return _encode(text)[1:-1]

    def end(self) -> bytes:
        return b'"' + self._after


class JsonArray:
    """Values that are made of the segments, as a JSON array, between what comes before and after
    it. None: an empty array."""

    def __init__(
        self,
        before: bytes,
        values: Callable[[Iterable[Segment]], Iterable[Any]] | None,
        after: bytes = b"",
    ) -> None:
        self._before = before
        self._values = values
        self._after = after
        self._empty = True

    @property
    def reads(self) -> bool:
        return self._values is not None

    def begin(self) -> bytes:
        return self._before + b"["

    def add(self, segments: Iterable[Segment]) -> bytes:
        assert self._values is not None
        items = _encode(list(self._values(segments)))[1:-1]
        if not items:
            return b""
        comma = b"" if self._empty else b","
        self._empty = False
        return comma + items

    def end(self) -> bytes:
        return b"]" + self._after


class JsonEnd:
    """What comes after the last pass."""

    reads = False

    def __init__(self, end: bytes) -> None:
        self._end = end

    def begin(self) -> bytes:
        return b""

    def add(self, segments: Iterable[Segment]) -> bytes:  # noqa: ARG002 - none are read for it
        return b""

    def end(self) -> bytes:
        return self._end


def members(values: Mapping[str, Any]) -> bytes:
    """The members of a JSON object, without its braces."""
    return _encode(values)[1:-1]
