"""What can be kept as an edited transcript."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from retender.errors import InvalidOption
from retender.transcript.edits import check_segments
from retender.transcript.limits import EDITED_SEGMENTS
from retender.transcript.segments import Segment, Word

FIRST = Segment(0, 0.0, 2.0, "one", words=(Word("one", 0.0, 2.0),))
SECOND = Segment(7, 1.0, 1.0, "")


@pytest.mark.parametrize("segments", [(), (FIRST,), (FIRST, SECOND), (replace(FIRST, id=8), FIRST)])
def test_segments_in_order_with_ids_of_their_own_are_kept(segments: tuple[Segment, ...]) -> None:
    check_segments(segments)


@pytest.mark.parametrize(
    ("segments", "named"),
    [
        ((FIRST, replace(SECOND, id=0)), "an id of its own"),
        ((replace(FIRST, id=-1),), "ids from 0"),
        ((SECOND, FIRST), "in the order of their starts"),
        ((replace(FIRST, end=-1.0),), "not before it"),
        ((replace(FIRST, start=-0.1),), "a start from 0"),
        ((replace(FIRST, end=1e9),), "not before it"),
        ((replace(FIRST, start=float("nan")),), "a start from 0"),
        ((replace(FIRST, words=(Word("one", 2.0, 1.0),)),), "words"),
        (tuple(Segment(n, 0.0, 0.0, "") for n in range(EDITED_SEGMENTS + 1)), "at most"),
    ],
)
def test_the_others_are_refused_with_what_is_accepted(
    segments: tuple[Segment, ...], named: str
) -> None:
    with pytest.raises(InvalidOption, match=named) as refused:
        check_segments(segments)
    assert refused.value.details["field"] == "segments"
