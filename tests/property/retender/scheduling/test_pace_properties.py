"""What an estimate promises, whatever was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.scheduling.pace import STABLE_AUDIO, STABLE_SAMPLES, Pace, guess, observe, remaining

anything = st.floats(allow_nan=True, allow_infinity=True)
pieces = st.lists(st.tuples(anything, anything), max_size=20)
lanes = st.integers(-3, 64)


def measured(measurements: list[tuple[float, float]]) -> Pace:
    pace = Pace()
    for audio, wall in measurements:
        pace = observe(pace, audio, wall)
    return pace


@given(pieces, anything, lanes)
def test_an_estimate_is_never_negative_nor_without_end(
    measurements: list[tuple[float, float]], audio_left: float, lanes: int
) -> None:
    left = remaining(measured(measurements), audio_left, lanes)
    assert left is None or (math.isfinite(left) and left >= 0)
    first = guess(measured(measurements), audio_left, lanes, 0.5)
    assert math.isfinite(first)
    assert first >= 0


@given(st.lists(st.floats(1, 3_600), max_size=STABLE_SAMPLES - 1))
def test_few_pieces_make_no_estimate_however_long(audio: list[float]) -> None:
    assert remaining(measured([(seconds, seconds) for seconds in audio]), 60, 1) is None


@given(st.integers(1, 50))
def test_little_audio_makes_no_estimate_however_many_pieces(count: int) -> None:
    shorter = 0.99 * STABLE_AUDIO / count
    assert remaining(measured([(shorter, 1.0)] * count), 60, 1) is None


@given(st.lists(st.floats(STABLE_AUDIO / 2, 600), min_size=5, max_size=40), st.floats(0.01, 20))
def test_constant_speed_is_recognised(audio: list[float], factor: float) -> None:
    pace = measured([(seconds, seconds * factor) for seconds in audio])
    assert remaining(pace, 100, 1) == pytest.approx(100 * factor, rel=0.1)


@given(pieces, st.floats(0.01, 10), st.floats(1, 60))
def test_a_new_constant_speed_is_recognised_after_whatever_came_before(
    measurements: list[tuple[float, float]], factor: float, seconds: float
) -> None:
    earlier = [(audio, wall) for audio, wall in measurements if audio < 3_600]
    pace = measured(earlier + [(seconds, seconds * factor)] * math.ceil(10_000 / seconds))
    assert remaining(pace, 100, 1) == pytest.approx(100 * factor, rel=0.1)


@given(st.floats(0.01, 10), st.floats(1, 10_000), st.integers(1, 16))
def test_twice_the_audio_takes_twice_the_time_and_twice_the_lanes_half(
    factor: float, audio_left: float, lanes: int
) -> None:
    pace = measured([(30, 30 * factor)] * 5)
    time = remaining(pace, audio_left, lanes)
    assert time is not None
    assert remaining(pace, 2 * audio_left, lanes) == pytest.approx(2 * time)
    assert remaining(pace, audio_left, 2 * lanes) == pytest.approx(time / 2)


@given(st.floats(0.01, 10), st.floats(0, 1e6))
def test_one_wild_measurement_changes_little(factor: float, wall: float) -> None:
    usual = measured([(30, 30 * factor)] * 20)
    wild = remaining(observe(usual, 30, wall), 100, 1)
    assert wild is not None
    assert 0.85 * 100 * factor <= wild <= 1.6 * 100 * factor
