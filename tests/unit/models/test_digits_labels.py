"""What the digits model is taught to answer to a window of ten seconds."""

from __future__ import annotations

import pytest

pytest.importorskip("faster_whisper")

from models.digits.train.corpus import Description, Word
from models.digits.train.labels import Answer, NothingWhole, timed, untimed
from models.digits.train.words import ALL, LAYOUT, NUMBERS, TOKENS


def window(*segments: tuple[tuple[str, float, float], ...]) -> Description:
    said = (tuple(Word(NUMBERS[word], a, b) for word, a, b in segment) for segment in segments)
    return Description("en", 1000, tuple(said))


def written(answer: Answer) -> str:
    names = {token: word for word, token in zip(ALL, TOKENS, strict=True)}
    names |= {number: name for name, number in LAYOUT.special().items()}
    return " ".join(names[token].strip("<|>") for token in answer.tokens)


def test_segments_stand_between_their_times_on_a_grid_of_tenths() -> None:
    said = window((("one", 0.31, 0.6), ("two", 0.7, 1.01)), (("six", 2.0, 2.4),))
    assert written(timed(said)) == "0.30 one two 1.10 2.00 six 2.40 endoftext"


def test_the_first_time_is_one_second_at_most() -> None:
    assert written(timed(window((("one", 4.0, 4.5),)))) == "1.00 one 4.50 endoftext"


def test_a_segment_cut_by_the_window_says_from_where_to_listen_again() -> None:
    said = window((("one", 8.0, 8.5), ("two", 9.0, 9.4), ("six", 9.7, 10.2)))
    assert written(timed(said)) == "1.00 one two 9.40 9.70 endoftext"


def test_a_later_segment_that_is_cut_is_only_announced() -> None:
    said = window((("one", 0.5, 1.0),), (("two", 9.0, 9.4), ("six", 9.7, 10.2)))
    assert written(timed(said)) == "0.50 one 1.00 9.00 endoftext"
    late = window((("one", 0.5, 1.0),), (("two", 9.95, 10.4),))
    assert written(timed(late)) == "0.50 one 1.00 endoftext"


def test_without_times_there_are_the_whole_words_and_nothing_else() -> None:
    said = window((("one", 0.5, 1.0),), (("two", 9.0, 9.4), ("six", 9.7, 10.2)))
    assert written(untimed(said)) == "notimestamps one two endoftext"


def test_silence_is_an_empty_answer() -> None:
    assert written(timed(window())) == "0.00 endoftext"
    assert written(untimed(window())) == "notimestamps endoftext"


def test_a_window_with_no_whole_word_has_no_right_answer() -> None:
    with pytest.raises(NothingWhole):
        timed(window((("one", 9.8, 10.3),)))


def test_every_word_of_the_answer_is_listened_to_where_it_is_said_and_then_its_end() -> None:
    answer = timed(window((("one", 0.31, 0.6), ("two", 0.7, 1.01))))
    places = [(heard.place, heard.start, heard.end) for heard in answer.heard]
    assert places == [(1, 0.31, 0.6), (2, 0.7, 1.01), (4, 1.01, pytest.approx(1.61))]
