from __future__ import annotations

import pytest

from retender.errors import WorkError
from retender.jobs.messages import FAILURES, NOTES, Note, failure_text, note_text, placeholders

KEYS = sorted(set().union(*NOTES.values()))


def codes(kind: type[WorkError]) -> set[str]:
    kinds = kind.__subclasses__()
    return {each.code for each in kinds if "code" in vars(each)}.union(*map(codes, kinds))


def test_every_language_says_the_same_notes() -> None:
    assert set(NOTES["es"]) == set(NOTES["en"])
    assert set(FAILURES["es"]) == set(FAILURES["en"])


@pytest.mark.parametrize("key", KEYS)
def test_every_language_takes_the_same_values(key: str) -> None:
    spanish, english = (
        [placeholders(text) for text in NOTES[language][key]] for language in ("es", "en")
    )
    assert spanish == english


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_note_can_be_said_without_any_value(key: str, language: str) -> None:
    said = note_text(Note(key), language)
    assert said
    assert said != key
    assert "{" not in said


def test_the_keys_that_the_service_uses_are_all_there() -> None:
    assert set(KEYS) >= {
        *("uploading", "queued", "downloading_model", "preparing", "transcribing", "finalizing"),
        *("retrying", "completed", "no_speech", "failed", "cancelled", "resumed", "connected"),
        "smaller_model",
    }


def test_progress_is_told_in_the_readers_language() -> None:
    note = Note("transcribing", {"n": 15, "total": 23})
    assert note_text(note, "es") == "Procesando segmento 15/23"
    assert note_text(note, "en") == "Processing segment 15/23"


def test_a_note_says_as_much_as_it_knows() -> None:
    attempt: dict[str, str | int | float] = {"attempt": 2, "limit": 3}
    assert note_text(Note("retrying", {**attempt, "seconds": 4}), "en") == (
        "Retrying in 4 s (attempt 2 of 3)"
    )
    assert note_text(Note("retrying", attempt), "en") == "Retrying (attempt 2 of 3)"
    assert note_text(Note("retrying"), "en") == "Retrying"


def test_decimals_are_few_and_written_as_the_language_does() -> None:
    note = Note("retrying", {"attempt": 2, "limit": 3, "seconds": 4.72})
    assert "4,7 s" in note_text(note, "es")
    assert "4.7 s" in note_text(note, "en")
    assert "12%" in note_text(Note("downloading_model", {"model": "small", "percent": 12.0}), "en")


@pytest.mark.parametrize("language", ["es", "es-MX", "ES", "es_AR", "fr", "", "auto"])
def test_regions_are_understood_and_unknown_languages_are_spanish(language: str) -> None:
    assert note_text(Note("queued"), language) == "En cola"
    assert failure_text("no_audio_stream", language) == "El archivo no contiene audio."


def test_english_with_a_region_is_english() -> None:
    assert note_text(Note("queued"), "en-GB") == "Queued"


def test_an_unknown_note_shows_its_key() -> None:
    assert note_text(Note("brewing"), "en") == "brewing"


def test_values_are_not_taken_for_templates() -> None:
    note = Note("smaller_model", {"asked": "{used}", "used": "{0.__class__}"})
    assert note_text(note, "en") == "Model {used} does not fit on this machine: using {0.__class__}"


@pytest.mark.parametrize("code", sorted(codes(WorkError)))
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_way_that_work_can_fail_has_a_sentence_of_its_own(code: str, language: str) -> None:
    assert failure_text(code, language).endswith(".")
    assert failure_text(code, language) != failure_text("internal", language)


def test_an_unknown_failure_is_the_services_own() -> None:
    assert failure_text("gremlins", "en") == failure_text("internal", "en")
