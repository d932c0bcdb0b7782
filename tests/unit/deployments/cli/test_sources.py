from __future__ import annotations

from pathlib import Path

import pytest

from deployments.cli.sources import SourceNotFound, sources, targets
from deployments.client.backend import RecordingSource


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.mp3", "a.mp3", "a.wav", "deep/a.mp3", "odd [1].mp3"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def names(*named: str) -> list[str]:
    return [str(source) for source in sources(named)]


def placed(*named: str, kind: str = "srt") -> list[str]:
    places = targets(sources(named), Path("out"), kind)  # type: ignore[arg-type]  # one of them
    return [place.name for place in places]


def test_files_come_in_the_order_in_which_they_were_named(folder: Path) -> None:
    assert names("b.mp3", "a.mp3") == ["b.mp3", "a.mp3"]


def test_a_pattern_stands_for_all_files_that_are_called_so(folder: Path) -> None:
    assert names("*.mp3") == ["a.mp3", "b.mp3", "odd [1].mp3"]
    assert names("**/a.*") == ["a.mp3", "a.wav", "deep/a.mp3"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    assert names("odd [1].mp3") == ["odd [1].mp3"]


def test_what_is_named_twice_is_done_once(folder: Path) -> None:
    assert names("a.mp3", "*.mp3", "a.mp3") == ["a.mp3", "b.mp3", "odd [1].mp3"]


def test_an_address_is_taken_as_it_is(folder: Path) -> None:
    assert sources(["https://example.org/talk.mp3?x=[1]"]) == [
        RecordingSource("https://example.org/talk.mp3?x=[1]")
    ]


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("c.mp3", "there is no file c.mp3"),
        ("*.flac", "no file is called like"),
        ("deep", "is a folder"),
        ("dee*", "no file is called like"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, named: str, sentence: str) -> None:
    with pytest.raises(SourceNotFound, match=sentence):
        sources(["a.mp3", named])


def test_each_text_is_called_like_its_recording(folder: Path) -> None:
    assert placed("b.mp3", "a.mp3") == ["b.srt", "a.srt"]
    assert placed("a.mp3", kind="verbose_json") == ["a.json"]


def test_no_two_texts_are_called_alike(folder: Path) -> None:
    assert placed("a.mp3", "a.wav", "deep/a.mp3") == ["a.srt", "a-2.srt", "a-3.srt"]


def test_names_that_differ_in_capitals_only_are_taken_for_the_same() -> None:
    found = [RecordingSource(Path("Talk.mp3")), RecordingSource(Path("talk.wav"))]
    assert [place.name for place in targets(found, Path("out"), "txt")] == [
        "Talk.txt",
        "talk-2.txt",
    ]


def test_a_recording_is_never_written_over(folder: Path) -> None:
    found = [RecordingSource(Path("a.mp3")), RecordingSource(Path("out/a.srt"))]
    assert [place.name for place in targets(found, Path("out"), "srt")] == ["a-2.srt", "a-3.srt"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/talks/one.mp3?key=2", "one.srt"),
        ("https://example.org/", "recording.srt"),
        ("https://example.org/a/..%2f..%2f%2e%2e", "recording.srt"),
        ("https://example.org/x/%2Fetc%2Fpasswd", "passwd.srt"),
        ("https://example.org/caf%C3%A9.ogg", "café.srt"),
    ],
)
def test_the_text_of_what_is_fetched_is_called_by_the_end_of_its_address(
    url: str, name: str
) -> None:
    (place,) = targets([RecordingSource(url)], Path("out"), "srt")
    assert place == Path("out") / name
