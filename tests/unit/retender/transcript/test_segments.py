from __future__ import annotations

import pytest

from retender.transcript.segments import Segment, Transcript, Word, joined, spoken


def transcript(*texts: str) -> Transcript:
    segments = tuple(Segment(index, index, index + 1, text) for index, text in enumerate(texts))
    return Transcript(segments, "es", 0.9, len(texts), 1.0, "tiny", "local")


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        ([" Hola.", " ¿Qué tal?"], "Hola. ¿Qué tal?"),
        (["Hola.", "¿Qué tal?"], "Hola. ¿Qué tal?"),
        (["Hola.", "  ", "", "Adiós."], "Hola. Adiós."),
        (["Hola\na todos.\r\n", "\tAdiós."], "Hola a todos. Adiós."),
        (["你好。", "再见。"], "你好。再见。"),
        (["こんにちは", "Retenderです"], "こんにちは Retenderです"),
        (["안녕하세요", "여러분"], "안녕하세요 여러분"),
        ([], ""),
    ],
)
def test_text_is_joined_as_its_script_is_written(texts: list[str], text: str) -> None:
    assert transcript(*texts).text == text
    assert joined(texts) == text


def test_silence_is_no_segments_or_only_blank_ones() -> None:
    assert transcript().no_speech
    assert transcript("", " \n").no_speech
    assert not transcript("", "Hola").no_speech


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["Hola", "mundo"], "Hola mundo"),
        ([" Hola", ",", " mundo"], "Hola, mundo"),
        (["你", "好"], "你好"),
        ([], ""),
    ],
)
def test_words_make_the_text_that_their_recogniser_meant(words: list[str], text: str) -> None:
    assert spoken([Word(word, 0, 1) for word in words]) == text
