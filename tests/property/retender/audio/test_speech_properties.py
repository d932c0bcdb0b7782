"""However a recording is fed, the same speech is found in it, and chunks hold all of it."""

from __future__ import annotations

import itertools
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retender.audio.energy import EnergyDetector
from retender.audio.pcm import Pcm
from retender.audio.speech_gate import Frame, SpeechGate
from retender.transcript.chunks import Span, plan
from tests.support.sound.media import RATE, noise, silence, voice

SOUND = silence(1) + voice(2, seed=1) + noise(1, loud=20) + voice(2, seed=2) + silence(1)
WINDOW = 4 * RATE

sizes = st.lists(st.integers(1, len(SOUND)), max_size=20)
frames = st.lists(st.sampled_from(list(Frame)), max_size=200)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Pcm:
    path = tmp_path_factory.mktemp("recording") / "audio.pcm"
    path.write_bytes(SOUND.tobytes())
    return Pcm.at(path)


def fed(blocks: list[int]) -> list[Span]:
    ear = EnergyDetector()
    at = 0
    for size in blocks:
        ear.feed(SOUND[at : at + size])
        at += size
    ear.feed(SOUND[at:])
    return ear.finish()


@settings(max_examples=25, deadline=None)
@given(sizes)
def test_the_blocks_that_a_recording_comes_in_do_not_matter(blocks: list[int]) -> None:
    assert fed(blocks) == fed([])


@given(frames, st.integers(1, 6), st.integers(1, 6))
def test_spans_are_apart_in_order_and_hold_every_frame_of_speech(
    taken: list[Frame], pause: int, shortest: int
) -> None:
    gate = SpeechGate(10, pause=pause, shortest=shortest)
    for frame in taken:
        gate.take(frame)
    spans = gate.finish(10 * len(taken))

    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(b.start - a.end >= 10 * pause for a, b in itertools.pairwise(spans))
    assert all(span.end - span.start >= 10 * shortest for span in spans)
    if shortest == 1:
        kept = [any(s.start <= 10 * n < s.end for s in spans) for n in range(len(taken))]
        assert all(kept[n] for n, frame in enumerate(taken) if frame is Frame.SPEECH)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(SOUND)), st.integers(0, len(SOUND)))
def test_the_quietest_place_lies_between(recording: Pcm, one: int, other: int) -> None:
    start, end = sorted((one, other))

    assert start <= recording.quietest(start, end) <= end


def test_long_speech_is_cut_where_it_is_quiet(tmp_path: Path) -> None:
    gaps = [2.6, 5.5, 8.1]
    sound = array("h", voice(11, seed=4, loud=9000))
    for gap in gaps:
        at = round(gap * RATE)
        sound[at : at + RATE // 5] = silence(0.2)
    path = tmp_path / "audio.pcm"
    path.write_bytes(sound.tobytes())
    pcm = Pcm.at(path)

    chunks = plan([Span(0, pcm.samples)], pcm.samples, WINDOW + RATE, quietest=pcm.quietest).chunks

    cuts = [chunk.start + chunk.overlap // 2 for chunk in chunks[1:]]
    assert len(cuts) == len(gaps)
    for cut, gap in zip(cuts, gaps, strict=True):
        assert gap <= cut / RATE <= gap + 0.2
