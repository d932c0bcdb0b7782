"""Fields of a form, read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import InvalidOption, RetenderError
from retender.jobs.bodies import submitted_fields
from retender.jobs.job import Options
from retender.jobs.submission import Submission, new_job
from serve_app.uploads.options import KNOWN, Wanted, known_among, wanted
from serve_app.uploads.shapes import FieldsShape


def options(**fields: str) -> Options:
    return wanted({name: [value] for name, value in fields.items()}).options


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on", " sí ", "Y"])
def test_yes_is_written_in_many_ways(text: str) -> None:
    assert options(word_timestamps=text).word_timestamps


@pytest.mark.parametrize("text", ["false", "0", "No", "off", "n"])
def test_no_is_written_in_many_ways(text: str) -> None:
    assert not options(vad=text).vad


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("es", "es"), ("ES", "es"), ("es-MX", "es"), ("en_US", "en"), ("Spanish", "es")),
        *(("haitian creole", "ht"), ("auto", "auto"), ("AUTO", "auto"), ("yue", "yue")),
    ],
)
def test_a_language_is_a_code_a_region_or_a_name(text: str, code: str) -> None:
    assert options(language=text).language == code


@pytest.mark.parametrize(
    "text", ["es,en", " EN ; es ", "Spanish, english", "es-MX en_US es", "en,es,"]
)
def test_expected_languages_are_a_list_in_any_order_and_way_of_writing(text: str) -> None:
    assert options(languages=text).languages == ("en", "es")


def test_a_language_that_is_given_leaves_nothing_to_choose_among() -> None:
    assert options(language="fr", languages="es,en") == options(language="fr")
    assert options(languages="es") == options(language="es")


@pytest.mark.parametrize("text", ["es,xx", "auto", "es,auto"])
def test_what_is_no_list_of_languages_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="languages cannot be"):
        options(languages=text)


def test_what_is_left_out_or_blank_is_as_by_default() -> None:
    assert wanted({}) == Wanted()
    assert wanted({name: [""] for name in KNOWN}) == Wanted()
    assert wanted({name: ["  "] for name in KNOWN}) == Wanted()


def test_one_option_said_in_two_ways_is_one_option() -> None:
    """Or the cache would not know it again."""
    assert options(vad="1", language="Spanish") == options(vad="yes", language="es-ES")


def test_a_repeated_field_is_refused_unless_all_but_one_are_blank() -> None:
    assert wanted({"task": ["", "translate"]}).options.task == "translate"
    with pytest.raises(InvalidOption, match="more than once"):
        wanted({"task": ["translate", "transcribe"]})


def test_a_misspelt_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidOption, match="'word_timestamps'"):
        wanted({"word_timestamp": ["yes"]})


def test_where_others_stand_beside_the_known_they_are_let_be() -> None:
    assert known_among({"filename": ["a.wav"], "vad": ["no"]}) == Wanted(options=Options(vad=False))


def test_the_description_has_all_fields_and_no_others() -> None:
    assert set(FieldsShape.model_fields) == KNOWN - {"url"}


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)), st.lists(st.text(), max_size=3)))
def test_whatever_is_written_is_taken_or_refused_by_name(fields: dict[str, list[str]]) -> None:
    error = refusal(fields)
    if error is not None:
        assert error.code == "invalid_option"
        assert error.details["field"] in fields
        assert error.details["accepted"]


VALUES = {
    "language": st.sampled_from(["auto", "es", "pt-BR", "French"]),
    "languages": st.sampled_from(["es,en", "fr", "en pt es"]),
    "model": st.sampled_from(["base", "Systran/faster-whisper-small"]),
    "engine": st.sampled_from(["auto", "local", "groq"]),
    "task": st.sampled_from(["transcribe", "translate"]),
    "prompt": st.text("ñ'\"\n a", max_size=8),
    "hotwords": st.text("é, b", max_size=8),
    "temperature": st.sampled_from(["0", "0.35", "1"]),
    "no_speech_threshold": st.sampled_from(["0.1", "0.6"]),
    "log_prob_threshold": st.sampled_from(["-2.5", "-1"]),
    "compression_ratio_threshold": st.sampled_from(["2.4", "7"]),
    "channel": st.sampled_from(["mix", "left", "right"]),
    "priority": st.sampled_from(["-10", "3"]),
}
NOT_OF_THE_TEXT = {"user_id", "callback_url", "name", "url"}
ANY_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        name: VALUES.get(name, st.sampled_from(["yes", "no"]))
        for name in sorted(KNOWN - NOT_OF_THE_TEXT)
    },
)


@given(ANY_FIELDS)
def test_the_fields_that_a_job_tells_ask_for_the_same_again(fields: dict[str, str]) -> None:
    asked = wanted({name: [value] for name, value in fields.items()})
    job = new_job(Submission(job_id="j", options=asked.options, priority=asked.priority or 0), 0.0)
    told = {name: [str(value)] for name, value in submitted_fields(job).items()}
    assert wanted(told) == asked


def refusal(fields: dict[str, list[str]]) -> RetenderError | None:
    try:
        wanted(fields)
    except RetenderError as error:
        return error
    return None
