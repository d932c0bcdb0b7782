"""Chunks end where people pause, and are about as long as is aimed at."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from retender.transcript.chunks import Span, plan
from retender.transcript.packing import LONGEST_PAUSE, SECOND, Group, input_seconds, pack

WINDOW, AIM = 28 * SECOND, 15 * SECOND


class Said(NamedTuple):
    start: int
    end: int


def sentences(*lengths_and_pauses: tuple[float, float]) -> list[Said]:
    said: list[Said] = []
    at = 0.0
    for length, pause in lengths_and_pauses:
        said.append(Said(round(at * SECOND), round((at + length) * SECOND)))
        at += length + pause
    return said


def lengths(parts: list[Said], groups: list[Group]) -> list[float]:
    return [(parts[group.last].end - parts[group.first].start) / SECOND for group in groups]


def test_short_sentences_come_together_to_chunks_of_about_the_aim() -> None:
    parts = sentences(*[(4.0, 1.0)] * 30)
    _, *others = lengths(parts, pack(parts, WINDOW, AIM))
    assert all(12 <= length <= 20 for length in others)


def test_a_chunk_fills_what_the_model_is_given_for_it() -> None:
    """With a third sentence it would be given five seconds more, nearly all of them silence."""
    parts = sentences(*[(5.4, 1.0)] * 30)
    _, *others = lengths(parts, pack(parts, WINDOW, AIM, around=SECOND * 2 // 5))
    assert set(others) == {11.8}


def test_the_model_is_given_the_sound_and_some_silence_in_steps() -> None:
    sounds = (0.5, 8.0, 8.01, 13.0, 17.99, 28.0)
    assert [input_seconds(sound) for sound in sounds] == [10.0, 10.0, 15.0, 15.0, 20.0, 30.0]


def test_the_first_chunk_of_a_long_recording_is_short_so_that_there_is_text_soon() -> None:
    parts = sentences(*[(3.0, 1.0)] * 30)
    assert lengths(parts, pack(parts, WINDOW, AIM))[0] == 7.0
    assert lengths(parts[:10], pack(parts[:10], WINDOW, AIM))[0] > 12


def test_a_first_sentence_without_a_pause_is_not_cut_to_have_text_sooner() -> None:
    parts = sentences((14.0, 1.0), *[(4.0, 1.0)] * 20)
    assert lengths(parts, pack(parts, WINDOW, AIM))[0] == 14.0


def test_a_sentence_is_not_cut_at_a_breath_where_the_window_has_room_for_it() -> None:
    parts = sentences((9.0, 0.2), (9.0, 1.0), (9.0, 0.2), (9.0, 1.0))
    assert pack(parts, WINDOW, AIM) == [Group(0, 1), Group(2, 3)]


def test_without_an_aim_there_are_as_few_chunks_as_the_window_allows() -> None:
    parts = sentences(*[(4.0, 1.0)] * 10)
    assert len(pack(parts, WINDOW)) == 2


STRETCHES = st.lists(st.tuples(st.floats(0.3, 28), st.floats(0.1, 12)), max_size=30)


@given(STRETCHES, st.sampled_from([0, AIM]))
def test_every_stretch_is_in_one_group_and_no_group_is_longer_than_the_window(
    stretches: list[tuple[float, float]], aim: int
) -> None:
    parts = sentences(*stretches)
    groups = pack(parts, WINDOW, aim)
    inside = [range(group.first, group.last + 1) for group in groups]
    assert list(itertools.chain(*inside)) == list(range(len(parts)))
    assert all(length * SECOND <= WINDOW + 1 for length in lengths(parts, groups))
    for group in groups:
        mine = parts[group.first : group.last + 1]
        assert all(b.start - a.end <= LONGEST_PAUSE for a, b in itertools.pairwise(mine))


def test_a_chunk_knows_where_in_it_nobody_speaks() -> None:
    spans = [Span(0, 2 * SECOND), Span(3 * SECOND, 5 * SECOND), Span(5 * SECOND + 2000, 90_000)]
    (chunk,) = plan(spans, 6 * SECOND, WINDOW, aim=AIM).chunks
    assert chunk.pauses == ((2 * SECOND, 3 * SECOND),)
