from __future__ import annotations

from array import array

import pytest

from retender.audio.energy import EnergyDetector
from retender.transcript.chunks import Span
from tests.support.sound.media import RATE, noise, silence, voice


def spans(sound: array[int]) -> list[Span]:
    ear = EnergyDetector()
    ear.feed(sound)
    return ear.finish()


def share(found: list[Span], start: float, end: float) -> float:
    """Of this part of the recording, how much was taken for speech."""
    begin, stop = start * RATE, end * RATE
    inside = (min(stop, span.end) - max(begin, span.start) for span in found)
    return sum(max(0.0, part) for part in inside) / (stop - begin)


def mixed(one: array[int], other: array[int]) -> array[int]:
    both = (a + b for a, b in zip(one, other, strict=True))
    return array("h", (max(-32768, min(32767, sample)) for sample in both))


def hum(seconds: float) -> array[int]:
    """Of the mains, square enough to have overtones, on an offset."""
    return array("h", (900 if n % 320 < 160 else 300 for n in range(round(seconds * RATE))))


def test_silence_is_not_speech() -> None:
    assert spans(silence(60)) == []
    assert spans(array("h")) == []


def test_even_noise_and_hum_are_not_speech() -> None:
    assert spans(noise(40, loud=100)) == []
    assert spans(hum(40)) == []


@pytest.mark.parametrize(
    ("loud", "background"),
    [(300, 0), (300, 3), (3000, 0), (3000, 30), (20_000, 0), (20_000, 100)],
)
def test_speech_is_found_and_pauses_are_left_out(loud: float, background: float) -> None:
    speech = silence(5) + voice(6, loud=loud) + silence(4) + voice(3, loud=loud) + silence(5)

    found = spans(mixed(speech, noise(23, loud=background)))

    assert share(found, 5, 11) > 0.97
    assert share(found, 15, 18) > 0.97
    for start, end in ((0, 4.9), (11.3, 14.9), (18.3, 23)):
        assert share(found, start, end) < 0.05


def test_speech_in_noise_almost_as_loud_is_kept_with_the_noise() -> None:
    speech = silence(5) + voice(6, loud=300) + silence(5)

    assert share(spans(mixed(speech, noise(16, loud=40))), 5, 11) > 0.97


def test_speech_without_any_pause_is_not_taken_for_its_own_background() -> None:
    found = spans(voice(60))

    assert share(found, 0, 60) > 0.99


def test_a_background_that_changes_is_followed() -> None:
    street = noise(60, loud=10) + noise(60, loud=150, seed=1)
    speech = silence(20) + voice(5) + silence(60) + voice(5, seed=2) + silence(30)

    found = spans(mixed(street, speech))

    assert share(found, 20, 25) > 0.97
    assert share(found, 85, 90) > 0.97
    assert share(found, 0, 19) == share(found, 95, 120) == 0


def test_what_is_steady_but_loud_is_kept_in_doubt() -> None:
    assert share(spans(noise(40, loud=6000)), 0, 40) > 0.95


def test_spans_end_with_the_recording() -> None:
    sound = silence(1) + voice(1)[:-7]

    assert spans(sound)[-1].end <= len(sound)
