"""Names of jobs: of files, of addresses, and those that people give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import InvalidOption
from retender.jobs.limits import NAME_CHARS
from retender.jobs.names import checked_name, name_from_file, name_from_url


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Reunión del lunes.m4a", "Reunión del lunes.m4a"),
        ("C:\\Users\\ana\\talk.wav", "talk.wav"),
        ("/home/ana/talk.wav", "talk.wav"),
        ("two\nlines\x00.mp3", "two lines .mp3"),
        ("👩‍🏫.ogg", "👩‍🏫.ogg"),
        ("caf\u202e\u00e9.exe", "caf\u00e9.exe"),
        ("", ""),
        ("///", ""),
    ],
)
def test_a_job_is_called_like_its_file_without_the_folders(filename: str, name: str) -> None:
    assert name_from_file(filename) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/talk%20one.mp3?token=secret", "talk one.mp3"),
        ("https://host/s/kJh3secret", ""),
        ("https://host/", ""),
        ("", ""),
    ],
)
def test_an_address_gives_a_name_only_where_it_ends_in_that_of_a_file(url: str, name: str) -> None:
    assert name_from_url(url) == name


def test_a_name_given_by_a_person_is_one_line() -> None:
    assert checked_name("  The \t board\r\nmeets ") == "The board meets"


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * (NAME_CHARS + 1)])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        checked_name(name)
    assert refused.value.details["field"] == "name"


@given(st.text())
def test_whatever_a_file_is_called_its_name_is_empty_or_could_be_given(filename: str) -> None:
    name = name_from_file(filename)
    assert not name or checked_name(name) == name
