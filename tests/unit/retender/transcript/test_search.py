"""What a query finds in a text, and what is shown of it."""

from __future__ import annotations

import pytest

from retender.transcript.limits import PASSAGE_CHARS, QUERY_WORDS, WORD_CHARS
from retender.transcript.search import Line, Passage, passage, query_words, words_of

LINES = (
    Line(0.0, "Hola a todos."),
    Line(2.5, "El presupuesto de la Reunión, en números."),
    Line(9.0, "¿Y la reunion?"),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reunión ANUAL, 2º piso", ["reunion", "anual", "2o", "piso"]),
        ("cafe\u0301 CAFÉ", ["cafe", "cafe"]),
        ("Straße und Façade", ["strasse", "und", "facade"]),
        ("snake_case 3.14", ["snake", "case", "3", "14"]),
        ("会议 notes", ["会", "议", "notes"]),
        ("x" * 100, ["x" * WORD_CHARS]),
        (" ¿…? ", []),
    ],
)
def test_words_are_without_case_accents_and_punctuation(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


def test_a_query_has_each_word_once_and_not_too_many() -> None:
    assert query_words("La reunión, la REUNION") == ("la", "reunion")
    assert len(query_words(" ".join(map(str, range(100))))) == QUERY_WORDS


def test_the_line_with_the_most_words_is_shown_with_what_was_found() -> None:
    assert passage(LINES, query_words("REUNION presup")) == Passage(
        2.5, ("El ", "presupuesto", " de la ", "Reunión", ", en números.")
    )


def test_of_equal_lines_the_first_is_shown() -> None:
    found = passage(LINES, query_words("reunión"))
    assert found is not None
    assert found.start == 2.5


def test_the_middle_of_a_word_is_not_found() -> None:
    assert passage(LINES, query_words("unión")) is None


def test_a_short_word_finds_only_itself() -> None:
    found = passage(LINES, query_words("la re"))
    assert found is not None
    assert found.parts[1] == "la"
    assert passage(LINES, query_words("re")) is None


def test_of_a_long_line_only_what_is_around_is_shown() -> None:
    found = passage((Line(0.0, "a " * 500 + "needle" + " b" * 500),), ("needle",))
    assert found is not None
    shown = "".join(found.parts)
    assert found.parts[1] == "needle"
    assert (shown[0], shown[-1], len(shown)) == ("…", "…", PASSAGE_CHARS + 2)
