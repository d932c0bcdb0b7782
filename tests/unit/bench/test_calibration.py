"""The table of confidence against what was said."""

from __future__ import annotations

import pytest

from bench.speech.calibration import bins, error, judged
from retender.transcript.segments import Word


def words(*said: tuple[str, float]) -> list[Word]:
    return [Word(word, 0.0, 1.0, confidence) for word, confidence in said]


def test_a_word_is_right_if_it_stands_in_the_text_at_its_place() -> None:
    heard = words(("Press", 0.9), ("two", 0.8), ("to", 0.4), ("now", 0.2), ("leave.", 0.95))
    told = [(each.confidence, each.right) for each in judged("Press 2 to leave", heard, "en")]
    assert told == [(0.9, True), (0.8, True), (0.4, True), (0.2, False), (0.95, True)]


def test_a_word_that_is_written_as_several_counts_as_each_of_them() -> None:
    told = list(judged("dial 1 2", words(("dial", 0.9), ("12", 0.5)), "en"))
    assert [each.right for each in told] == [True, True, True]


def test_confidence_and_truth_are_compared_by_bins() -> None:
    sure = ("alpha", "bravo", "charlie", "delta")
    heard = words(*((word, 0.95) for word in sure), ("yes", 0.2), ("no", 0.2))
    unsure_ones, sure_ones = bins(judged("alpha bravo charlie other yes", heard, "en"))
    assert (unsure_ones.words, sure_ones.words) == (2, 4)
    assert (unsure_ones.right, sure_ones.right) == (0.5, 0.75)
    assert sure_ones.confidence == pytest.approx(0.95)
    assert error([unsure_ones, sure_ones]) == pytest.approx((2 * 0.3 + 4 * 0.2) / 6)


def test_what_nobody_said_is_nothing() -> None:
    assert bins(judged("nothing", [], "en")) == []
    assert error([]) == 0.0
