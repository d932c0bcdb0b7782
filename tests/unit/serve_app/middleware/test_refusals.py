"""Refusals in the language of their readers."""

from __future__ import annotations

import pytest

from retender.jobs.messages import FAILURES, placeholders
from serve_app.middleware.errors import STATUSES
from serve_app.middleware.refusals import REFUSALS, language, told

ENGLISH = "there is no job a"


@pytest.mark.parametrize("spoken", REFUSALS)
def test_every_code_that_is_answered_has_a_sentence_in_every_language(spoken: str) -> None:
    codes = {*STATUSES, "internal", "not_found", "method_not_allowed"}
    assert codes - REFUSALS[spoken].keys() - FAILURES[spoken].keys() == set()
    assert REFUSALS[spoken].keys() <= codes


@pytest.mark.parametrize("spoken", REFUSALS)
def test_every_code_can_be_said_without_any_value(spoken: str) -> None:
    for code, sentences in REFUSALS[spoken].items():
        assert not placeholders(sentences[-1]), code


@pytest.mark.parametrize(
    ("header", "expected", "message"),
    [
        ("", "en", ENGLISH),
        ("en-GB, es;q=0.5", "en", ENGLISH),
        ("fr", "en", ENGLISH),
        ("es-MX,es;q=0.9", "es", "Esta transcripción no existe, o no es tuya."),
        ("fr, es;q=0.1", "es", "Esta transcripción no existe, o no es tuya."),
    ],
)
def test_the_reader_chooses_the_language(header: str, expected: str, message: str) -> None:
    assert (language(header), told(header, "job_not_found", ENGLISH, {})) == (expected, message)


def test_a_sentence_says_as_much_as_the_error_knows() -> None:
    assert told("es", "too_large", "", {"limit": 10}).endswith("10 bytes.")
    assert told("es", "too_large", "", {}) == "Es más grande de lo permitido."


def test_what_fails_jobs_is_told_in_the_same_words() -> None:
    assert told("es", "corrupt_media", "", {}) == FAILURES["es"]["corrupt_media"]


def test_an_error_of_the_service_itself_is_told_without_its_insides() -> None:
    assert told("es", "journal_error", "row 7", {}) == FAILURES["es"]["internal"]
