"""Edits of a transcript: versions beside what was recognised, which stays as it is.

Version 0 is the original, and each edit is the next version. The text of an edit is divided into
compressed parts, so that it can be read part by part.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Self

import msgspec

from retender.errors import InvalidOption, TooLarge
from retender.transcript.limits import (
    EDIT_BYTES,
    EDIT_PART_BYTES,
    EDITED_SECONDS,
    EDITED_SEGMENT_BYTES,
    EDITED_SEGMENTS,
)
from retender.transcript.segments import Segment

ORIGINAL: Final = 0

_FAST: Final = 1
"""The level of compression: an edit is stored while its writer waits."""

_encode = msgspec.json.Encoder().encode
_segments = msgspec.json.Decoder(tuple[Segment, ...]).decode


class Edit(msgspec.Struct, frozen=True):
    version: int
    at: float
    parts: tuple[bytes, ...]

    @classmethod
    def of(cls, version: int, at: float, segments: Iterable[Segment]) -> Self:
        return cls(version, at, pack(segments))

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(segment for part in self.parts for segment in unpack(part))


class Versions(msgspec.Struct, frozen=True):
    """The versions of a transcript that are kept, in order. The original always is."""

    kept: tuple[int, ...]

    @property
    def latest(self) -> int:
        return self.kept[-1]


def pack(segments: Iterable[Segment]) -> tuple[bytes, ...]:
    """The parts of an edit, each with at least one segment. Raises `TooLarge` if they do not fit
    into one message: only a text that can hardly be compressed is refused for this."""
    parts = tuple(map(_compressed, _divided(segments)))
    if sum(map(len, parts)) > EDIT_BYTES:
        raise TooLarge(
            f"compressed, this transcript has more than {EDIT_BYTES} bytes", limit=EDIT_BYTES
        )
    return parts


def unpack(part: bytes) -> tuple[Segment, ...]:
    return _segments(zlib.decompress(part))


def same_text(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    """Whether two edits have the same text. Each may have been compressed by another zlib."""
    return tuple(map(zlib.decompress, one)) == tuple(map(zlib.decompress, other))


def _compressed(segments: list[bytes]) -> bytes:
    return zlib.compress(b"[" + b",".join(segments) + b"]", _FAST)


def _divided(segments: Iterable[Segment]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for encoded in map(_encode, segments):
        if part and size + len(encoded) > EDIT_PART_BYTES:
            yield part
            part, size = [], 0
        part.append(encoded)
        size += len(encoded)
    if part:
        yield part


def check_segments(segments: Sequence[Segment]) -> None:
    """Raises `InvalidOption` if these cannot be a transcript, and says which segment is wrong."""
    if len(segments) > EDITED_SEGMENTS:
        raise _refusal(f"at most {EDITED_SEGMENTS} segments")
    if len({segment.id for segment in segments}) != len(segments):
        raise _refusal("each segment with an id of its own")
    for segment in segments:
        _check_segment(segment)
    for before, after in pairwise(segments):
        if after.start < before.start:
            raise _refusal("segments in the order of their starts", after)


def _check_segment(segment: Segment) -> None:
    if segment.id < 0:
        raise _refusal("ids from 0", segment)
    if not 0 <= segment.start <= segment.end <= EDITED_SECONDS:
        raise _refusal("a start from 0, and an end that is not before it", segment)
    for word in segment.words:
        if not 0 <= word.start <= word.end <= EDITED_SECONDS:
            raise _refusal("words with a start from 0 and an end not before it", segment)
    if len(_encode(segment)) > EDITED_SEGMENT_BYTES:
        raise _refusal(f"segments of at most {EDITED_SEGMENT_BYTES} bytes", segment)


def _refusal(accepted: str, segment: Segment | None = None) -> InvalidOption:
    where = "segments" if segment is None else f"segments: that with the id {segment.id}"
    return InvalidOption(
        f"{where} cannot be kept; accepted is {accepted}", field="segments", accepted=accepted
    )
