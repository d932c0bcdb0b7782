from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from retender.transcript.formats import MEDIA_TYPES, Format, render
from retender.transcript.languages import LANGUAGES
from retender.transcript.segments import Segment, Transcript, Word

HOLA = Segment(
    id=0,
    start=0.0,
    end=4.2,
    text="Hola",
    confidence=0.93,
    language="es",
    words=(Word("Hola", 0.0, 0.4, 0.99),),
)


def transcript(*segments: Segment) -> Transcript:
    return Transcript(segments, "es", 0.98, 312.4, 45.2, "medium", "local")


def said(text: str, start: float = 1.0, end: float = 2.0) -> Transcript:
    return transcript(Segment(0, start, end, text))


def parsed(text: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(text)
    return body


def test_json_is_the_result_of_the_wire_contract() -> None:
    assert parsed(render(transcript(HOLA), "json")) == {
        "text": "Hola",
        "language": "es",
        "language_probability": 0.98,
        "duration": 312.4,
        "processing_time": 45.2,
        "model": "medium",
        "engine": "local",
        "segments": [
            {
                "id": 0,
                "start": 0.0,
                "end": 4.2,
                "text": "Hola",
                "confidence": 0.93,
                "language": "es",
                "words": [{"word": "Hola", "start": 0.0, "end": 0.4, "confidence": 0.99}],
            }
        ],
    }


def test_who_asked_for_no_times_gets_the_text_alone_and_subtitles_all_the_same() -> None:
    timeless = msgspec.structs.replace(transcript(HOLA), timed=False)
    body = parsed(render(timeless, "json"))
    assert (body["text"], body["segments"]) == ("Hola", [])
    assert "no_speech" not in body
    assert render(timeless, "srt") == render(transcript(HOLA), "srt") != ""


def test_json_of_silence_says_so() -> None:
    body = parsed(render(transcript(), "json"))
    assert body["no_speech"] is True
    assert body["text"] == ""
    assert body["segments"] == []


def test_verbose_json_has_every_field_that_openai_clients_read() -> None:
    body = parsed(render(transcript(HOLA), "verbose_json", task="translate"))
    assert body["task"] == "translate"
    assert body["language"] == "spanish"
    assert body["duration"] == 312.4
    assert body["text"] == "Hola"
    assert body["words"] == [{"word": "Hola", "start": 0.0, "end": 0.4}]
    (segment,) = body["segments"]
    assert set(segment) == {
        *("id", "seek", "start", "end", "text", "tokens", "temperature"),
        *("avg_logprob", "compression_ratio", "no_speech_prob"),
    }
    assert segment["avg_logprob"] == pytest.approx(-0.0726, abs=1e-4)


def test_verbose_json_without_word_times_has_no_words() -> None:
    assert "words" not in parsed(render(said("Hola"), "verbose_json"))


def test_verbose_json_is_whole_where_nothing_is_known() -> None:
    silent = msgspec.structs.replace(transcript(), language=None)
    assert parsed(render(silent, "verbose_json"))["language"] == ""
    doubtful = transcript(msgspec.structs.replace(HOLA, confidence=0.0))
    (segment,) = parsed(render(doubtful, "verbose_json"))["segments"]
    assert segment["avg_logprob"] < -5


def test_txt_has_a_line_for_each_segment() -> None:
    spoken = transcript(Segment(0, 0, 1, " Hola."), Segment(1, 1, 2, " Uno\ndos."))
    assert render(spoken, "txt") == "Hola.\nUno dos.\n"


def test_srt_numbers_its_cues_and_skips_blank_ones() -> None:
    spoken = transcript(
        Segment(0, 0.0, 1.5, "Hola."), Segment(1, 1.5, 2.0, " "), Segment(2, 2.0, 3.25, "Adiós.")
    )
    assert render(spoken, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\nHola.\n\n2\n00:00:02,000 --> 00:00:03,250\nAdiós.\n"
    )


def test_vtt_has_its_header_and_its_cues() -> None:
    spoken = transcript(Segment(0, 0.0, 1.5, "Hola."), Segment(2, 2.0, 3.25, "Adiós."))
    assert render(spoken, "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHola.\n\n00:00:02.000 --> 00:00:03.250\nAdiós.\n"
    )


def test_tsv_has_whole_milliseconds_and_the_header_of_whisper() -> None:
    spoken = transcript(Segment(0, 0.0, 1.5, 'Dijo:\t"hola"\ny se fue.'))
    assert render(spoken, "tsv") == 'start\tend\ttext\n0\t1500\tDijo: "hola" y se fue.\n'


@pytest.mark.parametrize(
    ("kind", "empty"),
    [("txt", ""), ("srt", ""), ("vtt", "WEBVTT\n"), ("tsv", "start\tend\ttext\n")],
)
def test_silence_is_a_whole_file_too(kind: Format, empty: str) -> None:
    assert render(transcript(), kind) == empty


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [
        (0.9994, "00:00:00,999"),
        (0.9996, "00:00:01,000"),
        (59.9999, "00:01:00,000"),
        (3_599.9996, "01:00:00,000"),
        (99 * 3_600 + 0.5, "99:00:00,500"),
        (123 * 3_600 + 45 * 60 + 6.789, "123:45:06,789"),
    ],
)
def test_clocks_round_into_the_next_unit_and_count_past_a_hundred_hours(
    seconds: float, clock: str
) -> None:
    assert render(said("x", 0.0, seconds), "srt").splitlines()[1].endswith(f"--> {clock}")


def test_a_cue_never_ends_before_it_begins_nor_begins_before_the_last() -> None:
    wrong = transcript(Segment(0, 5.0, 4.0, "uno"), Segment(1, -1.0, 0.0, "dos"))
    assert render(wrong, "tsv") == "start\tend\ttext\n5000\t5001\tuno\n5000\t5001\tdos\n"


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_line_breaks_are_kept_but_blank_lines_end_no_cue(kind: Format) -> None:
    body = render(said("uno\r\n\n\n dos \u2028\n\x0btres\n"), kind)
    assert body.endswith("uno\ndos\ntres\n")


def test_vtt_text_is_escaped() -> None:
    body = render(said("<b>R&D</b> --> 3 > 2"), "vtt")
    assert body.endswith("&lt;b&gt;R&amp;D&lt;/b&gt; --&gt; 3 &gt; 2\n")


def test_srt_text_cannot_look_like_a_clock() -> None:
    body = render(said("00:00:01,000 --> 00:00:02,000"), "srt")
    assert body.count("-->") == 1


def test_every_format_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(get_args(Format))


def test_whispers_hundred_languages_are_known() -> None:
    assert len(LANGUAGES) == 100
    assert LANGUAGES["ht"] == "haitian creole"
