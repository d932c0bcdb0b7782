"""The peaks of a recording: true to its loudness, and never too many."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from retender.audio.limits import MOST_PEAKS
from retender.audio.pcm import Pcm
from retender.audio.peaks import PeakMeter, Peaks
from retender.transcript.chunks import SAMPLE_RATE


def measured(folder: Path, samples: array[int]) -> Peaks:
    path = folder / "audio.pcm"
    path.write_bytes(samples.tobytes())
    meter = PeakMeter(Pcm.at(path))
    while meter.advance():
        pass
    return meter.peaks()


def test_each_step_shows_its_loudest_sample_with_its_sign(tmp_path: Path) -> None:
    step = SAMPLE_RATE // 20
    sound = array("h", [0] * step + [100] * step + [-(1 << 15)] * step + [(1 << 15) - 1] * step)
    sound[4] = 16384
    sound[8] = -8192
    found = measured(tmp_path, sound)
    assert found.per_second == 20
    assert found.levels == [0.5, 0.0, -1.0, 1.0]


def test_an_hour_has_no_more_peaks_than_a_quarter_of_one(tmp_path: Path) -> None:
    hour = Pcm(tmp_path / "audio.pcm", 3600 * SAMPLE_RATE)
    hour.path.touch()
    with hour.path.open("r+b") as file:
        file.truncate(hour.samples * 2)
    meter = PeakMeter(hour)
    while meter.advance():
        pass
    found = meter.peaks()
    assert len(found.values) <= MOST_PEAKS
    assert len(found.values) / found.per_second == pytest.approx(3600, abs=1)


@pytest.mark.parametrize("samples", [0, 1, 799, 801, 60 * SAMPLE_RATE + 1])
def test_a_last_step_that_is_not_whole_counts_too(tmp_path: Path, samples: int) -> None:
    found = measured(tmp_path, array("h", [1000] * samples))
    assert len(found.values) == -(-samples // 800)
    assert set(found.levels) <= {0.03}
