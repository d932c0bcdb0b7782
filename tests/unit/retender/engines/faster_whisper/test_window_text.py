"""What the tokens of a window say. Times are written as T(seconds), text as words' numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retender.engines.faster_whisper.window_text import (
    LEAST_STEP,
    TextSpan,
    WindowText,
    parse_tokens,
)

SPECIAL = 1000
TIMES = 1200
SECONDS = 10.0


def at(seconds: float) -> int:
    return TIMES + round(seconds / 0.02)


def read(tokens: Sequence[int], *, full: bool = False, more: bool = False) -> WindowText:
    return parse_tokens(
        tokens,
        first_special=SPECIAL,
        first_timestamp=TIMES,
        seconds=SECONDS,
        full=full,
        more=more,
    )


ONE = TextSpan(0.0, 1.4, (1, 2))


def test_each_pair_of_times_bounds_a_piece() -> None:
    tokens = [at(0), 1, 2, at(1.4), at(1.9), 3, at(3.2)]
    assert read(tokens) == WindowText((ONE, TextSpan(1.9, 3.2, (3,))), None)


def test_a_first_time_is_believed_even_of_a_single_piece() -> None:
    assert read([at(0.6), 1, at(2)]).pieces == (TextSpan(0.6, 2.0, (1,)),)


def test_text_without_times_lasts_for_the_whole_window() -> None:
    assert read([1, 2, 3]) == WindowText((TextSpan(0.0, SECONDS, (1, 2, 3)),), None)


@pytest.mark.parametrize("tokens", [[], [at(0)], [at(0), at(10)]], ids=["nothing", "a time", "two"])
def test_no_text_is_no_piece(tokens: list[int]) -> None:
    assert read(tokens) == WindowText((), None)


def test_a_model_that_stops_before_the_end_is_asked_to_go_on_from_there() -> None:
    assert read([at(0), 1, 2, at(1.4), at(1.9)]) == WindowText((ONE,), 1.9)


def test_too_little_sound_after_a_stop_is_not_listened_to() -> None:
    assert read([at(0), 1, 2, at(1.4), at(9.8)]) == WindowText((ONE,), None)


def test_a_last_piece_that_is_not_closed_goes_on_to_the_end() -> None:
    assert read([at(0), 1, 2, at(1.4), at(1.9), 3]).pieces == (ONE, TextSpan(1.9, SECONDS, (3,)))


@pytest.mark.parametrize("interruption", ["full", "more"])
def test_a_piece_that_was_interrupted_is_heard_again_in_whole(interruption: str) -> None:
    tokens = [at(0), 1, 2, at(1.4), at(1.9), 3]
    heard = read(tokens, full=interruption == "full", more=interruption == "more")
    assert heard == WindowText((ONE,), 1.9)


def test_a_single_piece_that_was_interrupted_is_kept_as_it_is() -> None:
    assert read([at(0), 1, 2], full=True) == WindowText((TextSpan(0.0, SECONDS, (1, 2)),), None)


def test_what_goes_on_after_the_window_is_listened_to_from_its_end() -> None:
    assert read([at(0), 1, 2, at(1.4)], more=True) == WindowText((ONE,), SECONDS)


def test_nobody_listens_to_the_same_place_for_ever() -> None:
    stuck = [at(0), 1, at(0.1), at(0.1)]
    assert read(stuck).upto is None
    assert read(stuck, more=True).upto == SECONDS
    assert LEAST_STEP > 0.1


def test_times_beyond_the_sound_are_cut_off() -> None:
    assert read([at(9), 1, at(29)]).pieces == (TextSpan(9.0, SECONDS, (1,)),)
    assert read([at(15), 1, at(12)]).pieces == (TextSpan(SECONDS, SECONDS, (1,)),)


def test_special_tokens_are_no_text() -> None:
    assert read([at(0), 1, SPECIAL + 5, 2, at(1.4)]).pieces == (ONE,)
