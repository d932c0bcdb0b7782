"""Which language a recording is taken for, from what is heard in its chunks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from retender.audio.pcm import Pcm
from retender.engines.faster_whisper.encoded_windows import MOST, EncodedWindows, WindowPlace
from retender.engines.faster_whisper.language import (
    PLACES,
    HasSpan,
    chosen,
    detect,
    restricted,
)
from retender.engines.faster_whisper.model import Features, Model
from retender.engines.faster_whisper.notes import Detected
from retender.errors import InvalidOption
from retender.transcript.chunks import SAMPLE_RATE, Span

FULL = 32768

Shares = dict[str, float]


class Listener:
    """A model that hears in each chunk what was put there: its samples are the chunk's number."""

    multilingual = True
    window = 3000

    def __init__(self, hears: Sequence[Shares]) -> None:
        self._hears = hears
        self.heard: list[int] = []

    def features(self, samples: Features) -> Features:
        return np.full((1, 10), samples[0], np.float32)

    def frames(self, sound: int) -> int:
        return 3000

    def encode(self, windows: Sequence[Features], frames: int) -> list[int]:
        return [round(float(window[0, 0]) * FULL) for window in windows]

    def detect(self, encoded: Sequence[int]) -> list[Shares]:
        self.heard += encoded
        return [self._hears[number] for number in encoded]


def found(
    tmp_path: Path, hears: Sequence[Shares], among: Sequence[str] = (), seconds: Sequence[int] = ()
) -> tuple[Detected, list[int]]:
    """The language, and the chunks that were listened to."""
    listener = Listener(hears)
    lengths = [SAMPLE_RATE * each for each in seconds or [1] * len(hears)]
    ends = np.cumsum(lengths).tolist()
    samples = np.repeat(np.arange(len(hears), dtype=np.int16), lengths)
    (tmp_path / "pcm").write_bytes(samples.tobytes())
    places = [Span(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    steps = detect(cast("Model", listener), Pcm.at(tmp_path / "pcm"), places, among)
    while True:
        try:
            calls = next(steps)
        except StopIteration as end:
            return end.value, listener.heard
        # In whatever order they end.
        for call in reversed(calls):
            call()


ES, EN = {"es": 0.9, "en": 0.1}, {"es": 0.2, "en": 0.8}


def test_where_the_beginning_and_the_middle_agree_nothing_else_is_listened_to(
    tmp_path: Path,
) -> None:
    language, heard = found(tmp_path, [ES, EN, ES, EN, EN])
    assert language.language == "es"
    assert sorted(heard) == [0, 2]


def test_where_they_disagree_all_of_it_decides(tmp_path: Path) -> None:
    language, heard = found(tmp_path, [EN, ES, ES, ES])
    assert language.language == "es"
    assert sorted(heard) == [0, 1, 2, 3]
    assert language.probability == pytest.approx((3 * 0.9 + 0.2) / 4)


def test_so_it_does_where_nothing_is_sure(tmp_path: Path) -> None:
    unsure = {"es": 0.4, "pt": 0.35, "gl": 0.25}
    language, heard = found(tmp_path, [unsure, {"pt": 0.9, "es": 0.1}, unsure])
    assert sorted(heard) == [0, 1, 2]
    assert language.language == "pt"


def test_a_longer_chunk_counts_for_more(tmp_path: Path) -> None:
    assert found(tmp_path, [EN, ES])[0].language == "es"
    assert found(tmp_path, [EN, ES], seconds=(3, 1))[0].language == "en"


def test_the_most_probable_languages_are_told_with_the_chosen_one_first(tmp_path: Path) -> None:
    language, _ = found(tmp_path, [{"es": 0.6, "pt": 0.2, "gl": 0.15, "ca": 0.05}])
    told = [(each.language, each.probability) for each in language.candidates]
    assert told == [("es", 0.6), ("pt", 0.2), ("gl", 0.15)]


def test_only_the_expected_languages_are_chosen_among(tmp_path: Path) -> None:
    hears = {"ca": 0.7, "es": 0.2, "en": 0.05, "pt": 0.05}
    language, _ = found(tmp_path, [hears], among=("en", "es"))
    assert language.language == "es"
    assert language.probability == pytest.approx(0.8)
    assert [each.language for each in language.candidates] == ["es", "en"]


def test_languages_that_the_model_does_not_know_are_left_out_unless_it_knows_none() -> None:
    assert restricted(ES, ("es", "yue")) == {"es": 1.0}
    with pytest.raises(InvalidOption, match="none of the languages haw, yue"):
        restricted(ES, ("yue", "haw"))
    assert restricted({"es": 0.0, "en": 0.0}, ("es",)) == {"es": 1.0}


@pytest.mark.parametrize("count", [1, 2, 3, PLACES, PLACES + 1, 240, 10_000])
def test_of_a_long_recording_a_bounded_number_of_places_is_listened_to(count: int) -> None:
    first, more = chosen(count)
    assert first[0] == 0
    assert not set(first) & set(more)
    every = sorted([*first, *more])
    assert every[-1] < count
    assert min(count, PLACES) <= len(every) <= PLACES + 1
    assert every[-1] >= count - 1 - count // PLACES, "the end is heard, too"


def test_what_was_encoded_is_kept_of_the_chunks_that_are_always_listened_to(
    tmp_path: Path,
) -> None:
    samples = np.repeat(np.arange(5, dtype=np.int16), SAMPLE_RATE)
    (tmp_path / "pcm").write_bytes(samples.tobytes())
    places = [Span(n * SAMPLE_RATE, (n + 1) * SAMPLE_RATE) for n in range(5)]
    kept: list[tuple[HasSpan, object]] = []
    steps = detect(
        cast("Model", Listener([EN, ES, ES, ES, ES])),
        Pcm.at(tmp_path / "pcm"),
        places,
        keep=lambda place, encoded: kept.append((place, encoded)),
    )
    for calls in steps:
        for call in calls:
            call()
    assert kept == [(places[0], [0]), (places[2], [2])]


def test_kept_windows_are_few_and_each_is_taken_once() -> None:
    windows = EncodedWindows()
    places = [WindowPlace("job", n, n + 1) for n in range(MOST + 1)]
    for place in places:
        windows.keep(place, place.start)
    assert [windows.take(place) for place in places] == [None, *range(1, MOST + 1)]
    assert windows.take(places[1]) is None
