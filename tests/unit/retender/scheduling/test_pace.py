from __future__ import annotations

import pytest

from retender.scheduling.pace import Pace, guess, observe, remaining


def test_before_anything_was_measured_a_submission_gets_the_stated_default() -> None:
    assert guess(Pace(), 60, 1, default_factor=0.5) == 30
    assert guess(Pace(), 60, 2, default_factor=0.5) == 15


def test_once_stable_a_submission_gets_what_was_measured() -> None:
    pace = Pace()
    for _ in range(3):
        pace = observe(pace, 30, 6)
    assert guess(pace, 60, 1, default_factor=0.5) == pytest.approx(12)


def test_the_first_estimate_comes_with_the_third_piece_and_half_a_minute() -> None:
    pace = observe(observe(Pace(), 20, 4), 20, 4)
    assert remaining(pace, 100, 1) is None
    assert remaining(observe(pace, 20, 4), 100, 1) == pytest.approx(20)


@pytest.mark.parametrize(
    ("audio", "wall"), [(0, 5), (5, 0), (-5, 5), (5, -5), (float("nan"), 5), (5, float("inf"))]
)
def test_a_measurement_that_cannot_be_true_says_nothing(audio: float, wall: float) -> None:
    pace = observe(Pace(), 30, 6)
    assert observe(pace, audio, wall) == pace


def test_nothing_left_takes_no_time() -> None:
    pace = Pace()
    for _ in range(3):
        pace = observe(pace, 30, 6)
    assert remaining(pace, 0, 4) == 0
