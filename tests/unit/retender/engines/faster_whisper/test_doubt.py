"""What a model says that people would not."""

from __future__ import annotations

import pytest

from retender.engines.faster_whisper.doubt import (
    Thresholds,
    crowded,
    doubts,
    silent,
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
