"""Deltas joined are the text, whatever the segments and however they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retender.transcript.segments import Segment, joined
from serve_app.openai.deltas import Deltas

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["", " ", "good", " morning ", "你好", "世界。", "two words", "\n"]),
        st.text(max_size=8),
    ),
    max_size=8,
)


def segments(texts: list[str]) -> list[Segment]:
    return [Segment(number, 0.0, 0.0, text) for number, text in enumerate(texts)]


@given(TEXTS, st.integers(1, 4))
def test_the_deltas_joined_are_the_text(texts: list[str], at_once: int) -> None:
    deltas = Deltas()
    told = []
    rest = segments(texts)
    while rest:
        told.append(deltas.add(rest[:at_once]))
        rest = rest[at_once:]
    assert "".join(told) == deltas.text == joined(texts)


def test_scripts_without_spaces_are_joined_without_one() -> None:
    deltas = Deltas()
    assert [deltas.add([each]) for each in segments(["你好", "世界", "ok"])] == [
        "你好",
        "世界",
        " ok",
    ]
