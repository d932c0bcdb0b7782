"""Edits of a transcript: versions beside what was recognised, which stays as it is.

Version 0 is the original, and each edit is the next version.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from retender.errors import InvalidOption
from retender.transcript.limits import EDITED_SECONDS, EDITED_SEGMENTS
from retender.transcript.segments import Segment

ORIGINAL: Final = 0


class Edit(msgspec.Struct, frozen=True):
    version: int
    at: float
    segments: tuple[Segment, ...]


class Versions(msgspec.Struct, frozen=True):
    """The versions of a transcript that are kept, in order. The original always is."""

    kept: tuple[int, ...]

    @property
    def latest(self) -> int:
        return self.kept[-1]


def check_segments(segments: Sequence[Segment]) -> None:
    """Raises `InvalidOption` if these cannot be a transcript, and says which segment is wrong."""
    if len(segments) > EDITED_SEGMENTS:
        raise _refusal(f"at most {EDITED_SEGMENTS} segments")
    if len({segment.id for segment in segments}) != len(segments):
        raise _refusal("each segment with an id of its own")
    for segment in segments:
        if segment.id < 0:
            raise _refusal("ids from 0", segment)
        if not 0 <= segment.start <= segment.end <= EDITED_SECONDS:
            raise _refusal("a start from 0, and an end that is not before it", segment)
        for word in segment.words:
            if not 0 <= word.start <= word.end <= EDITED_SECONDS:
                raise _refusal("words with a start from 0 and an end not before it", segment)
    for before, after in pairwise(segments):
        if after.start < before.start:
            raise _refusal("segments in the order of their starts", after)


def _refusal(accepted: str, segment: Segment | None = None) -> InvalidOption:
    where = "segments" if segment is None else f"segments: that with the id {segment.id}"
    return InvalidOption(
        f"{where} cannot be kept; accepted is {accepted}", field="segments", accepted=accepted
    )
