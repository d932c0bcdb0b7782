"""What a file promises to the program that reads it, whatever was said."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from retender.transcript.formats import Format, render
from retender.transcript.segments import Segment, Transcript

times = st.one_of(st.floats(-10, 500_000), st.sampled_from([float("nan"), float("inf")]))
hostile = st.text(st.sampled_from("a1 \n\r\t\"'&<>->:,\u2028\u0085-->"), max_size=20)
segments = st.lists(
    st.builds(Segment, id=st.integers(0, 9), start=times, end=times, text=hostile), max_size=8
).map(tuple)
CLOCK = re.compile(
    r"^(\d\d+):([0-5]\d):([0-5]\d)[.,](\d{3}) --> (\d\d+):([0-5]\d):([0-5]\d)[.,](\d{3})$"
)


def rendered(said: tuple[Segment, ...], kind: Format) -> str:
    return render(Transcript(said, None, None, 1.0, 1.0, "tiny", "local"), kind)


def cues(body: str) -> list[tuple[int, int]]:
    """As a reader finds them: blocks between blank lines, each with its clock."""
    found = []
    for block in re.split(r"\n{2,}", body.strip("\n")):
        lines = block.split("\n")
        clocks = [match for line in lines if (match := CLOCK.match(line))]
        if block and not block.startswith("WEBVTT"):
            (clock,) = clocks
            assert lines[-1].strip()
            parts = [int(part) for part in clock.groups()]
            begin, end = (
                ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
                for hours, minutes, seconds, thousandths in (parts[:4], parts[4:])
            )
            found.append((begin, end))
    return found


@given(segments)
def test_no_text_adds_or_removes_a_cue_and_time_goes_forward(said: tuple[Segment, ...]) -> None:
    spoken = sum(1 for segment in said if segment.text.strip())
    for kind in ("srt", "vtt"):
        body = rendered(said, kind)
        assert body.count("-->") == spoken
        found = cues(body)
        assert len(found) == spoken
        assert all(begin < end for begin, end in found)
        assert [begin for begin, _ in found] == sorted(begin for begin, _ in found)


@given(segments)
def test_every_row_of_a_table_has_its_three_columns(said: tuple[Segment, ...]) -> None:
    header, *rows = rendered(said, "tsv").removesuffix("\n").split("\n")
    assert header == "start\tend\ttext"
    assert len(rows) == sum(1 for segment in said if segment.text.strip())
    for row in rows:
        start, end, text = row.split("\t")
        assert 0 <= int(start) < int(end)
        assert text.strip()
