"""What a model says that people would not."""

from __future__ import annotations

import pytest

from retender.engines.faster_whisper.doubt import (
    Thresholds,
    crowded,
    doubts,
    silent,
    skipped,
    stopped_early,
)
from retender.engines.faster_whisper.tokens import Aligned

USUAL = Thresholds()
SENTENCE = "Please enter the number to be removed from the list. "


def doubtful(text: str, speech: float, average: float = -0.1) -> bool:
    return doubts(text, average, speech, USUAL) > 0


def test_a_sentence_in_the_time_that_people_take_for_it_is_believed() -> None:
    assert not doubtful(SENTENCE, 3.5)
    assert not doubtful("请输入要从列表中删除的号码。", 3.5)
    assert not doubtful("Yes.", 0.5)


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        (SENTENCE * 9, 30.0),
        ("There are no more entries. " + SENTENCE * 2, 10.0),
        ("For more.", 14.9),
        ("", 8.0),
        (SENTENCE * 3 + "There is no such mailbox, try once more.", 2.0),
    ],
    ids=["over and over", "twice", "stopped early", "nothing", "more than anyone can say"],
)
def test_loops_stops_and_babble_are_doubted(text: str, speech: float) -> None:
    assert doubtful(text, speech)


def test_a_text_of_which_the_model_is_not_sure_is_doubted_as_the_caller_says() -> None:
    strict = Thresholds(log_probability=-0.5)
    assert not doubtful(SENTENCE, 3.5, average=-0.7)
    assert doubts(SENTENCE, -0.7, 3.5, strict) == 1


def test_silence_is_what_is_probably_none_and_badly_heard() -> None:
    assert silent(0.9, -1.5, USUAL)
    assert not silent(0.9, -0.3, USUAL)
    assert not silent(0.2, -1.5, USUAL)


def test_words_for_which_there_is_no_sound_are_noticed() -> None:
    said = [Aligned(f" {n}", 1, n * 0.3, n * 0.3 + 0.3) for n in range(8)]
    squeezed = [Aligned(f" {n}", 1, 2.4 + n * 0.02, 2.42 + n * 0.02) for n in range(6)]
    assert not crowded(said)
    assert crowded([*said, *squeezed])


def test_speech_after_the_last_word_is_noticed_and_a_pause_is_not() -> None:
    said = [Aligned(" one", 1, 0.2, 1.0), Aligned(" two", 1, 1.0, 5.8)]
    assert stopped_early(said, (), 12.9)
    assert stopped_early(said, ((6.0, 7.0),), 12.9)
    assert not stopped_early(said, ((6.0, 12.0),), 12.9)
    assert not stopped_early(said, (), 6.2)


def test_a_word_that_takes_as_long_as_a_sentence_stands_for_more_than_was_written() -> None:
    """As Whisper had it: seven words of eleven are missing before the last two."""
    said = [
        Aligned(" usted", 1, 0.0, 0.5),
        Aligned(" ha", 1, 3.4, 6.5),
        Aligned(" introducido", 3, 7.7, 8.7),
        Aligned(" demasiados", 2, 8.7, 9.7),
    ]
    assert skipped(said, ((2.6, 3.4), (6.5, 7.1)))
    assert not skipped(said, ((0.6, 3.4), (3.9, 7.1)))
    assert not skipped(said[2:], ())
    assert not skipped([], ())


def test_a_number_is_one_word_that_may_take_long() -> None:
    said = [Aligned(" 5551234", 4, 0.0, 4.5), Aligned(" please", 1, 4.5, 4.9)]
    assert not skipped(said, ())
    assert skipped([said[0]._replace(text=" seven"), said[1]], ())
