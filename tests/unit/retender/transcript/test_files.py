"""Transcripts as files: documents, and names that any system can have in one folder."""

from __future__ import annotations

import io

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import InvalidOption
from retender.transcript import word_document
from retender.transcript.files import FileNames, check_installed, file_passes
from retender.transcript.passes import written_whole
from retender.transcript.segments import Segment, Transcript

TALK = Transcript(
    segments=(
        Segment(0, 0.0, 1.0, "Good\x00 morning."),
        Segment(1, 1.5, 2.0, "Hello <b>& all</b>."),
        Segment(2, 3.0, 3.5, "  "),
        Segment(3, 3725.0, 3726.0, "Good night."),
    ),
    language="en",
    language_probability=1.0,
    duration=3800.0,
    processing_time=1.0,
    model="m",
    engine="local",
)


def paragraphs(transcript: Transcript, title: str = "") -> list[str]:
    written = written_whole(transcript, file_passes(transcript, "docx", title=title))
    return [each.text for each in docx.Document(io.BytesIO(written)).paragraphs]


def test_a_document_has_the_title_and_paragraphs_with_their_times() -> None:
    assert paragraphs(TALK, "Board\x08 meeting") == [
        "Board meeting",
        "0:00:00  Good morning. Hello <b>& all</b>.",
        "1:02:05  Good night.",
    ]


def test_a_document_has_no_times_where_none_were_wanted() -> None:
    untimed = Transcript(TALK.segments, "en", 1.0, 1.0, 1.0, "m", "local", timed=False)
    assert paragraphs(untimed)[-1] == "Good night."


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check_installed("docx")
    monkeypatch.setattr(word_document, "find_spec", lambda _: None)
    check_installed("srt")
    with pytest.raises(InvalidOption, match=r"retender\[docx\]") as refused:
        check_installed("docx")
    assert refused.value.details["field"] == "format"


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Reunión del lunes.m4a", "Reunión del lunes.srt"),
        ("2024.06.01 Board", "2024.06.01 Board.srt"),
        ("a/b\\c: d?.wav", "a_b_c_ d_.srt"),
        ("..", "id.srt"),
        ("../../etc/passwd", "_.._etc_passwd.srt"),
        ("NUL.mp3", "_NUL.srt"),
        ("", "id.srt"),
        ("x" * 300, "x" * 100 + ".srt"),
    ],
)
def test_a_file_is_called_like_its_job_as_far_as_files_can_be(name: str, file_name: str) -> None:
    assert FileNames("srt").take(name, "id") == file_name


def test_no_two_files_have_one_name() -> None:
    names = FileNames("txt")
    taken = [names.take(each, "id") for each in ("a.wav", "A.mp3", "a (2)", "a")]
    assert taken == ["a.txt", "A (2).txt", "a (2) (2).txt", "a (3).txt"]


@given(st.lists(st.text(max_size=5)))
def test_whatever_jobs_are_called_their_files_differ(texts: list[str]) -> None:
    names = FileNames("txt")
    taken = [names.take(text, "id").casefold() for text in texts]
    assert len(set(taken)) == len(texts)
    assert not any("/" in each or each.startswith(".") for each in taken)
