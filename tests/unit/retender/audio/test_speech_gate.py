from __future__ import annotations

import pytest

from retender.audio.speech_gate import Frame, SpeechGate
from retender.transcript.chunks import Span

FRAMES = {"s": Frame.SPEECH, "?": Frame.UNDECIDED, ".": Frame.SILENCE}


def opened(frames: str, *, end: int | None = None) -> list[tuple[int, int]]:
    gate = SpeechGate(10, pause=3, shortest=2)
    for frame in frames:
        gate.take(FRAMES[frame])
    spans = gate.finish(10 * len(frames) if end is None else end)
    return [(span.start, span.end) for span in spans]


@pytest.mark.parametrize(
    ("frames", "spans"),
    [
        ("", []),
        ("......", []),
        ("??????", []),
        ("ssss", [(0, 40)]),
        ("..ss....", [(20, 40)]),
        ("..ss..ss..", [(20, 80)]),
        ("..ss...ss.", [(20, 40), (70, 90)]),
        ("..ss???ss...", [(20, 90)]),
        ("..ss.??ss", [(20, 40), (70, 90)]),
        ("..s....", []),
        ("...ss.", [(30, 50)]),
        ("...ss??", [(30, 70)]),
    ],
)
def test_speech_lasts_until_silence_has_lasted(frames: str, spans: list[tuple[int, int]]) -> None:
    assert opened(frames) == spans


def test_speech_ends_with_the_recording() -> None:
    assert opened("..ss", end=35) == [(20, 35)]


def test_a_span_is_what_the_planner_takes() -> None:
    gate = SpeechGate(10, pause=3, shortest=1)
    gate.take(Frame.SPEECH)
    assert gate.finish(10) == [Span(0, 10)]
