"""Word errors are what a reader with both texts before them would count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.digits.train.scoring import WordErrors, aligned, word_errors

TEXTS = st.lists(st.sampled_from(["one", "two", "three"]), max_size=8)


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("one two three", "one two three", WordErrors(3)),
        ("one two three", "one three", WordErrors(3, lost=1)),
        ("one two three", "one two two three", WordErrors(3, added=1)),
        ("one two three", "one five three", WordErrors(3, replaced=1)),
        ("one two three", "", WordErrors(3, lost=3)),
        ("", "one", WordErrors(0, added=1)),
    ],
)
def test_lost_added_and_replaced_words_are_told_apart(
    said: str, heard: str, errors: WordErrors
) -> None:
    assert word_errors(said.split(), heard.split()) == errors


def test_errors_of_several_texts_add_up_to_one_rate() -> None:
    total = WordErrors(10, lost=1) + WordErrors(30, added=2, replaced=1)
    assert total == WordErrors(40, 1, 1, 2)
    assert total.rate == pytest.approx(0.1)


@given(TEXTS, TEXTS)
def test_every_word_of_both_texts_is_in_the_alignment_once_and_in_order(
    said: list[str], heard: list[str]
) -> None:
    pairs = aligned(said, heard)
    assert [pair.said for pair in pairs if pair.said is not None] == list(range(len(said)))
    assert [pair.heard for pair in pairs if pair.heard is not None] == list(range(len(heard)))


@given(TEXTS, TEXTS)
def test_there_are_as_many_errors_one_way_as_the_other(said: list[str], heard: list[str]) -> None:
    there, back = word_errors(said, heard), word_errors(heard, said)
    assert sum(there[1:]) == sum(back[1:])
    assert sum(there[1:]) <= max(len(said), len(heard))
