"""When words were said, and the segments that are made of them."""

from __future__ import annotations

from retender.engines.faster_whisper.tokens import Aligned
from retender.engines.faster_whisper.window_text import TextSpan
from retender.engines.faster_whisper.words import attached, clear_of, dealt_out, guessed, measured


def heard(*words: tuple[str, float, float]) -> list[Aligned]:
    return [Aligned(text, 1, start, end) for text, start, end in words]


def texts(words: list[Aligned]) -> list[str]:
    return [word.text for word in words]


def steady(count: int, *, each: float = 0.4, text: str = " la") -> list[Aligned]:
    return [Aligned(text, 1, n * each, (n + 1) * each) for n in range(count)]


def test_punctuation_belongs_to_its_word_and_takes_none_of_its_time() -> None:
    words = heard(
        (" ¿", 0, 0.1), ("Qué", 0.1, 0.5), ("?", 0.5, 2.0), (' "', 2, 2.1), ("No", 2.1, 3)
    )
    whole = attached(words)
    assert texts(whole) == [" ¿Qué?", ' "No']
    assert [(word.start, word.end) for word in whole] == [(0.1, 0.5), (2.1, 3)]
    assert sum(word.tokens for word in whole) == len(words)


def test_an_opening_mark_at_the_very_end_is_not_lost() -> None:
    assert texts(attached(heard((" yes", 0, 1), (" (", 1, 1)))) == [" yes", " ("]


def test_each_piece_gets_its_own_words() -> None:
    pieces = [TextSpan(0, 1, (1, 2)), TextSpan(1, 2, (3,)), TextSpan(2, 3, (4, 5))]
    words = [Aligned(" a", 1), Aligned(" b", 2), Aligned(" c", 1), Aligned(" d", 1)]
    hands = dealt_out(words, pieces)
    assert [texts(hand) for hand in hands] == [[" a", " b"], [], [" c", " d"]]


def test_the_first_word_does_not_begin_in_the_silence_before_it() -> None:
    words = [Aligned(" first", 1, 0.0, 5.0), *heard((" second", 5.0, 5.4), (" third", 5.4, 5.8))]
    (hand,) = measured([words], [TextSpan(4.5, 6.0, (1, 2, 3))])
    assert hand[0].start == 4.5
    assert hand[0].end == 5.0


def test_the_last_word_does_not_last_through_the_silence_after_it() -> None:
    words = [*heard((" one", 0, 0.4), (" two", 0.4, 0.8)), Aligned(" three", 1, 0.8, 9.0)]
    (hand,) = measured([words], [TextSpan(0.0, 1.5, (1, 2, 3))])
    assert 1.2 <= hand[-1].end <= 1.6


def test_words_that_were_not_measured_share_their_piece_by_their_letters() -> None:
    (hand,) = guessed([heard((" ab", 0, 0), (" abcde", 0, 0))], [TextSpan(3.0, 6.0, (1, 2))])
    assert [(word.start, word.end) for word in hand] == [(3.0, 4.0), (4.0, 6.0)]


def test_tokens_that_are_no_text_take_no_time() -> None:
    (hand,) = guessed([heard(("", 0, 0), ("", 0, 0))], [TextSpan(3.0, 6.0, (1, 2))])
    assert {(word.start, word.end) for word in hand} == {(3.0, 3.0)}


def test_words_keep_out_of_the_pauses_between_them() -> None:
    words = heard((" one", 0.2, 1.8), (" two", 1.4, 2.5), (" three", 2.5, 3.0))
    clear = clear_of([(0.7, 2.0)], words)
    assert [(word.start, word.end) for word in clear] == [(0.2, 0.7), (2.0, 2.5), (2.5, 3.0)]
