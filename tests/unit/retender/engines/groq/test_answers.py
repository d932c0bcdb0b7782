"""What Groq says, as segments and words of the recording."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from retender.engines.groq.answers import chunk_result, parse
from retender.engines.groq.failures import GroqFailed
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult

MINUTE_IN = Chunk(60 * SAMPLE_RATE, 90 * SAMPLE_RATE)


def segment(start: float, end: float, text: str, **more: Any) -> dict[str, Any]:
    return {"id": 0, "start": start, "end": end, "text": text, "avg_logprob": -0.2, **more}


def word(start: float, end: float, text: str) -> dict[str, Any]:
    return {"word": text, "start": start, "end": end}


def said(**body: Any) -> ChunkResult:
    return chunk_result(parse(msgspec.json.encode(body)), MINUTE_IN)


def words_of(result: ChunkResult) -> list[list[str]]:
    return [[word.word for word in segment.words] for segment in result.segments]


def test_times_are_those_of_the_whole_recording() -> None:
    result = said(
        segments=[segment(1.5, 3.0, " Hola, mundo.")],
        words=[word(1.5, 2.0, "Hola,"), word(2.25, 3.0, "mundo.")],
    )
    (only,) = result.segments
    assert (only.start, only.end, only.text) == (61.5, 63.0, "Hola, mundo.")
    assert [(one.start, one.end) for one in only.words] == [(61.5, 62.0), (62.25, 63.0)]


def test_confidence_is_the_geometric_mean_of_the_probabilities() -> None:
    result = said(segments=[segment(0, 1, "hola")], words=[word(0, 1, "hola")])
    assert result.segments[0].confidence == pytest.approx(math.exp(-0.2))
    assert result.segments[0].words[0].confidence == pytest.approx(math.exp(-0.2))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("Spanish", "es"),
        ("english", "en"),
        ("es", "es"),
        ("Haitian Creole", "ht"),
        ("Klingon", None),
        (None, None),
    ],
)
def test_a_language_has_its_code_however_groq_calls_it(told: str | None, code: str | None) -> None:
    result = said(language=told, segments=[segment(0, 1, "hola")])
    assert result.language == code
    assert result.segments[0].language == code


def test_each_word_goes_to_the_segment_that_spells_it_whatever_the_times_say() -> None:
    result = said(
        segments=[segment(0, 2, " Uno dos."), segment(2, 4, " Tres cuatro.")],
        words=[
            word(0.0, 1.0, "Uno"),
            word(2.2, 2.4, "dos."),
            word(2.5, 3.0, "Tres"),
            word(3.0, 4.0, "cuatro."),
        ],
    )
    assert words_of(result) == [["Uno", "dos."], ["Tres", "cuatro."]]


def test_words_that_are_spelt_otherwise_go_by_their_times() -> None:
    result = said(
        segments=[segment(0, 2, " 1, 2."), segment(2, 4, " 3, 4.")],
        words=[
            word(0.0, 1.0, "uno"),
            word(1.0, 2.1, "dos"),
            word(2.2, 3.0, "tres"),
            word(3.0, 4.0, "cuatro"),
        ],
    )
    assert words_of(result) == [["uno", "dos"], ["tres", "cuatro"]]


def test_no_word_is_lost_beside_a_blank_segment() -> None:
    result = said(
        segments=[segment(0, 1, " uno"), segment(1, 2, " "), segment(2, 3, " dos")],
        words=[word(0, 1, "uno"), word(2, 3, "dos")],
    )
    assert words_of(result) == [["uno"], ["dos"]]


def test_what_whisper_makes_up_in_silence_is_left_out() -> None:
    silence = segment(0, 2, " Thank you.", avg_logprob=-1.3, no_speech_prob=0.9)
    faint = segment(2, 4, " adios", avg_logprob=-0.4, no_speech_prob=0.9)
    assert [one.text for one in said(segments=[silence, faint]).segments] == ["adios"]


def test_text_without_segments_is_one_segment_of_the_whole_chunk() -> None:
    (only,) = said(text=" Good morning. ").segments
    assert (only.start, only.end, only.text) == (60.0, 90.0, "Good morning.")


@pytest.mark.parametrize("body", [{"text": ""}, {"text": " ", "segments": []}, {"segments": None}])
def test_silence_is_an_answer_without_segments(body: dict[str, Any]) -> None:
    assert said(**body).segments == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"segments": [{"start": 1}]}', b"[]"])
def test_an_answer_that_makes_no_sense_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(GroqFailed) as caught:
        parse(body)
    assert caught.value.failure.code == "engine_failed"
    assert caught.value.failure.retryable
