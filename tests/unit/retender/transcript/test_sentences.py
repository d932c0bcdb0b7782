"""No segment is longer than can be read at a glance, whichever engine made it."""

from __future__ import annotations

import pytest

from retender.engines.faster_whisper.tokens import Aligned
from retender.transcript.segments import Segment, Word
from retender.transcript.sentences import LONGEST, in_sentences, sentences


def heard(*words: tuple[str, float, float]) -> list[Aligned]:
    return [Aligned(text, 1, start, end) for text, start, end in words]


def steady(count: int) -> list[Aligned]:
    return [Aligned(" la", 1, n * 0.4, (n + 1) * 0.4) for n in range(count)]


def test_a_sentence_is_a_segment() -> None:
    words = [*steady(7), Aligned(" end.", 1, 2.8, 3.2), Aligned(" Next", 1, 3.2, 3.6)]
    assert [len(group) for group in sentences(words)] == [8, 1]


def test_very_short_sentences_share_a_segment() -> None:
    words = heard((" Yes.", 0, 0.4), (" No.", 0.4, 0.8), (" Well", 0.8, 1.2))
    assert len(sentences(words)) == 1


def test_a_long_pause_ends_a_segment() -> None:
    assert len(sentences(heard((" one", 0, 0.4), (" two", 1.5, 2)))) == 2


@pytest.mark.parametrize("seconds", [13, 30, 300])
def test_no_segment_lasts_for_half_a_minute(seconds: int) -> None:
    words = steady(round(seconds / 0.4))
    groups = sentences(words)
    assert [word for group in groups for word in group] == words
    assert all(group[-1].end - group[0].start <= LONGEST for group in groups)
    assert all(group[-1].end - group[0].start >= LONGEST / 4 for group in groups)


def test_a_long_sentence_is_cut_after_a_comma_rather_than_between_words() -> None:
    words = steady(40)
    words[17] = words[17]._replace(text=" la,")
    assert [len(group) for group in sentences(words)] == [18, 22]


def test_one_word_may_last_as_long_as_it_likes() -> None:
    assert sentences(heard((" om", 0, 60))) == [heard((" om", 0, 60))]


# Segments that come whole


def whole(text: str, seconds: float, *words: Word) -> Segment:
    return Segment(3, 10.0, 10.0 + seconds, text, 0.8, "es", words)


def texts(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def test_what_can_be_read_at_a_glance_stays_whole() -> None:
    short = whole("Uno. Dos. Tres.", LONGEST)
    assert in_sentences(short) == [short]


def test_a_long_one_is_cut_at_its_sentences_and_keeps_its_text() -> None:
    segments = in_sentences(whole(" ¿Quién es?  Soy yo, el de antes.\nPase usted. ", 24.0))
    assert texts(segments) == ["¿Quién es?", "Soy yo, el de antes.", "Pase usted."]
    assert (segments[0].start, segments[-1].end) == (10.0, 34.0)
    assert [one.end for one in segments[:-1]] == [other.start for other in segments[1:]]
    assert {(each.confidence, each.language) for each in segments} == {(0.8, "es")}


def test_each_sentence_keeps_its_words() -> None:
    words = (
        Word("Sí.", 10.0, 12.5),
        Word("No", 20.0, 20.5),
        Word("sé.", 21.0, 24.0),
    )
    segments = in_sentences(whole("Sí. No sé.", 14.0, *words))
    assert texts(segments) == ["Sí.", "No sé."]
    assert [each.words for each in segments] == [words[:1], words[1:]]
    assert [(each.start, each.end) for each in segments] == [(10.0, 12.5), (20.0, 24.0)]


def test_words_that_are_spelt_otherwise_are_dealt_out_by_their_times() -> None:
    words = tuple(Word(text, 10.0 + 4 * n, 13.0 + 4 * n) for n, text in enumerate("一二三四五"))
    segments = in_sentences(whole("一二三。四五", 20.0, *words))
    assert texts(segments) == ["一二三。", "四五"]
    assert [word for each in segments for word in each.words] == list(words)


def test_a_script_without_spaces_is_cut_at_its_punctuation() -> None:
    text = "今天天气很好。我们去公园吧。你来吗？"  # noqa: RUF001 - the marks of that script
    segments = in_sentences(whole(text, 30.0))
    assert len(segments) == 3
    assert "".join(texts(segments)) == text


def test_one_long_word_stays_one_however_long_it_lasts() -> None:
    drawn_out = whole("Gooool", 60.0)
    assert in_sentences(drawn_out) == [drawn_out]
