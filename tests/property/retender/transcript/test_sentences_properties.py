"""Whatever was said however long, it comes in segments that can be read at a glance."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from retender.transcript.segments import Segment, Word
from retender.transcript.sentences import LONGEST, in_sentences, sentences


class Heard(NamedTuple):
    text: str
    start: float
    end: float


texts = st.sampled_from(["la", "que,", "fin.", "¿qué?", "extraordinariamente", "我们。", "no"])
said = st.lists(
    st.tuples(texts, st.floats(0.0, 3.0), st.floats(0.0, 15.0)), min_size=1, max_size=150
)
"""Words, each with the pause before it and its length, in seconds."""


def laid_out(words: list[tuple[str, float, float]]) -> list[Heard]:
    heard: list[Heard] = []
    at = 0.0
    for text, pause, length in words:
        heard.append(Heard(text, at + pause, at + pause + length))
        at = heard[-1].end
    return heard


@given(said)
def test_every_word_is_in_one_segment_and_none_of_them_is_long(
    words: list[tuple[str, float, float]],
) -> None:
    heard = laid_out(words)
    groups = sentences(heard)
    assert list(itertools.chain.from_iterable(groups)) == heard
    assert all(len(g) == 1 or g[-1].end - g[0].start <= LONGEST for g in groups)


@given(said, st.booleans(), st.sampled_from([" ", "  ", "\n"]))
def test_a_segment_in_sentences_says_the_same_at_the_same_time(
    words: list[tuple[str, float, float]], measured: bool, space: str
) -> None:
    heard = laid_out(words)
    text = space.join(word.text for word in heard)
    times = tuple(Word(*word) for word in heard) if measured else ()
    whole = Segment(7, heard[0].start, heard[-1].end, text, 0.5, "es", times)
    parts = in_sentences(whole)
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    assert tuple(word for part in parts for word in part.words) == times
    assert all(part.start <= part.end for part in parts)
    assert all(one.end <= other.start + 1e-6 for one, other in itertools.pairwise(parts))
    assert all(part.end - part.start <= LONGEST or len(part.text.split()) == 1 for part in parts)
