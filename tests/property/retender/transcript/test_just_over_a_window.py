"""A recording of just over a window: where models that are handed its end make up a text for it.

Whatever is in it, no chunk holds silence for longer than a breath at its end, and none is a crumb
that was cut off by the window alone.
"""

from __future__ import annotations

from array import array
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retender.audio.energy import EnergyDetector
from retender.transcript.chunks import PADDING, SHORTEST_PAUSE, Chunk, Span, plan
from retender.transcript.packing import LONGEST_PAUSE
from tests.support.sound.media import RATE, noise, silence, voice

WINDOW = 30 * RATE
LONGEST = 31.0
BREATH = PADDING + RATE // 10
"""What is left of silence at a chunk's edge: the padding, and what a detector is late by."""

lengths = st.floats(30.0, LONGEST)
speech = st.lists(st.tuples(st.floats(0.0, 12.0), st.floats(0.05, 31.0)), max_size=12)
"""Pairs of a pause and of speech after it, in seconds."""


@cache
def talking() -> array[int]:
    return voice(LONGEST)


@cache
def street() -> array[int]:
    return noise(LONGEST, loud=100)


def laid_out(pairs: list[tuple[float, float]], total: int) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for pause, length in pairs:
        start, end = at + round(pause * RATE), at + round((pause + length) * RATE)
        if start < total:
            spans.append(Span(start, min(end, total)))
        at = end
    return spans


def found(sound: array[int]) -> list[Span]:
    ear = EnergyDetector()
    ear.feed(sound)
    return ear.finish()


def silent_edges(chunk: Chunk, spans: list[Span]) -> tuple[int, int]:
    """Samples of silence at its beginning and at its end."""
    inside = [span for span in spans if span.start < chunk.end and chunk.start < span.end]
    assert inside, "a chunk in which nobody speaks"
    return max(0, inside[0].start - chunk.start), max(0, chunk.end - inside[-1].end)


@given(lengths, speech)
@example(30.2, [(0.0, 29.9), (0.2, 0.1)])
@example(31.0, [(0.0, 15.0), (0.5, 0.1)])
def test_no_chunk_begins_or_ends_with_more_than_a_breath_of_silence(
    seconds: float, pairs: list[tuple[float, float]]
) -> None:
    total = round(seconds * RATE)
    spans = laid_out(pairs, total)
    for chunk in plan(spans, total, WINDOW).chunks:
        assert max(silent_edges(chunk, spans)) <= PADDING
        assert chunk.end <= total


@given(lengths, speech)
def test_no_chunk_holds_a_long_silence(seconds: float, pairs: list[tuple[float, float]]) -> None:
    total = round(seconds * RATE)
    spans = laid_out(pairs, total)
    for chunk in plan(spans, total, WINDOW).chunks:
        inside = [span for span in spans if span.start < chunk.end and chunk.start < span.end]
        reached = inside[0].end
        for span in inside[1:]:
            assert span.start - reached <= LONGEST_PAUSE
            reached = max(reached, span.end)


@given(lengths)
def test_speech_that_goes_on_is_halved_and_leaves_no_crumb(seconds: float) -> None:
    """So is a recording of which all is to be recognised, silence or not."""
    total = round(seconds * RATE)
    chunks = plan([Span(0, total)], total, WINDOW).chunks
    assert all(chunk.seconds > 10 for chunk in chunks)


@given(lengths, st.floats(0.2, 0.9), st.integers(SHORTEST_PAUSE, RATE))
def test_the_window_alone_cuts_no_crumb_off_speech_with_a_pause(
    seconds: float, where: float, pause: int
) -> None:
    total = round(seconds * RATE)
    middle = round(where * total)
    spans = [Span(0, middle), Span(middle + pause, total)]
    chunks = plan(spans, total, WINDOW).chunks
    assert all(chunk.end - chunk.start >= min(map(_length, spans)) for chunk in chunks)


def _length(span: Span) -> int:
    return span.end - span.start


@pytest.mark.parametrize("sound", [silence(LONGEST), street()], ids=["silence", "noise"])
@settings(max_examples=5, deadline=None)
@given(seconds=lengths)
def test_silence_makes_no_chunks(sound: array[int], seconds: float) -> None:
    heard = sound[: round(seconds * RATE)]
    assert plan(found(heard), len(heard), WINDOW).chunks == ()


@settings(max_examples=8, deadline=None)
@given(lengths, st.floats(26.0, 31.0), st.booleans())
@example(30.4, 30.0, False)
@example(31.0, 29.7, True)
def test_what_follows_the_last_word_is_in_no_chunk(
    seconds: float, spoken: float, quiet: bool
) -> None:
    total, end = round(seconds * RATE), round(min(seconds, spoken) * RATE)
    after = silence(LONGEST) if quiet else array("h", (s // 10 for s in street()))
    sound = talking()[:end] + after[: total - end]
    chunks = plan(found(sound), total, WINDOW).chunks
    assert end - BREATH <= chunks[-1].end <= min(total, end + BREATH)
    assert all(chunk.seconds > 10 for chunk in chunks), "no crumb is left for a chunk of its own"
