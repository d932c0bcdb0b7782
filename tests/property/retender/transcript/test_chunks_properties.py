"""What planning and merging promise, for any speech."""

from __future__ import annotations

import itertools
from typing import Literal, get_args

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from retender.transcript.chunks import (
    SAMPLE_RATE,
    SHORTEST_PAUSE,
    Chunk,
    ChunkResult,
    Plan,
    Seam,
    Span,
    merge,
    plan,
)
from retender.transcript.segments import Segment, Word
from retender.transcript.sentences import LONGEST

STEP = SAMPLE_RATE // 100
WINDOW = 6 * SAMPLE_RATE
OVERLAP = SAMPLE_RATE
LONGEST_WORD = 90
"""In steps: no word lasts longer than the overlap."""

Laid = tuple[tuple[int, int], ...]
"""Pairs of (pause before, length), in steps of 10 ms."""

speech = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 2_000)), max_size=25).map(tuple)
talk = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 8), st.integers(0, 120), st.integers(700, 1_500)),
        st.integers(6, LONGEST_WORD),
        st.sampled_from(["no", "No,", "sí", "cinco", "cinco."]),
    ),
    min_size=1,
    max_size=60,
)


def lay_out(laid: Laid) -> list[Span]:
    spans, at = [], 0
    for pause, length in laid:
        spans.append(Span((at + pause) * STEP, (at + pause + length) * STEP))
        at += pause + length
    return spans


def stretches(spans: list[Span]) -> list[Span]:
    """Speech that offers no pause to cut at."""
    found: list[Span] = []
    for span in spans:
        if found and span.start - found[-1].end < SHORTEST_PAUSE:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def planned(spans: list[Span], seed: int | None = None) -> Plan:
    total = spans[-1].end + STEP if spans else STEP
    quietest = None if seed is None else (lambda least, most: least + seed % (most - least + 1))
    return plan(spans, total, WINDOW, quietest=quietest, overlap=OVERLAP)


seeds = st.one_of(st.none(), st.integers(0, 10_000))


@given(speech, seeds)
def test_every_sample_of_speech_is_in_a_chunk(laid: Laid, seed: int | None) -> None:
    spans = lay_out(laid)
    chunks = planned(spans, seed).chunks
    for span in spans:
        reached = span.start
        for chunk in chunks:
            if chunk.start <= reached < chunk.end:
                reached = chunk.end
        assert reached >= span.end


@given(speech, seeds)
def test_chunks_are_in_order_and_fit_the_window_and_the_recording(
    laid: Laid, seed: int | None
) -> None:
    spans = lay_out(laid)
    chunks = planned(spans, seed).chunks
    assert all(0 <= chunk.start < chunk.end <= chunk.start + WINDOW for chunk in chunks)
    assert all(
        one.start < other.start and one.end < other.end for one, other in itertools.pairwise(chunks)
    )
    assert not chunks or chunks[-1].end <= spans[-1].end + STEP


@given(speech, seeds)
def test_each_moment_of_the_recording_is_counted_by_one_chunk(laid: Laid, seed: int | None) -> None:
    spans = lay_out(laid)
    chunks = planned(spans, seed).chunks
    assert all(chunk.silence >= 0 for chunk in chunks)
    counted = sum(chunk.end - chunk.start - chunk.overlap + chunk.silence for chunk in chunks)
    assert counted == (spans[-1].end + STEP if chunks else 0)


@given(speech, seeds)
def test_chunks_overlap_only_inside_speech_longer_than_the_window(
    laid: Laid, seed: int | None
) -> None:
    spans = lay_out(laid)
    chunks = planned(spans, seed).chunks
    long_ones = [span for span in stretches(spans) if span.end - span.start > WINDOW]
    assert not chunks or chunks[0].overlap == chunks[-1].overlap_after == 0
    for one, other in itertools.pairwise(chunks):
        assert one.overlap_after == other.overlap == max(0, one.end - other.start)
        if other.overlap:
            assert any(span.start < other.start and one.end < span.end for span in long_ones)


@given(speech, seeds)
def test_chunks_that_do_not_overlap_meet_in_silence(laid: Laid, seed: int | None) -> None:
    spans = lay_out(laid)
    for one, other in itertools.pairwise(planned(spans, seed).chunks):
        if not other.overlap:
            for edge in (one.end, other.start):
                assert not any(span.start < edge < span.end for span in stretches(spans))


@given(speech)
def test_a_chunk_never_fits_into_the_one_before_it(laid: Laid) -> None:
    """None of the pauses here is so long that it must end a chunk."""
    spans = lay_out(laid)
    for one, other in itertools.pairwise(planned(spans).chunks):
        assert other.end - one.start > WINDOW


@given(st.integers(1, 400), st.integers(30, 80))
def test_even_speech_is_cut_into_even_chunks(words: int, length: int) -> None:
    spans = lay_out(((20, length),) * words)
    chunks = planned(spans).chunks
    sizes = [chunk.end - chunk.start for chunk in chunks]
    word = (20 + length) * STEP
    assert max(sizes) - min(sizes) <= 2 * word


@given(st.integers(WINDOW + 1, 100 * WINDOW))
def test_endless_speech_leaves_no_tiny_chunk(length: int) -> None:
    chunks = plan([Span(0, length)], length, WINDOW, overlap=OVERLAP).chunks
    sizes = [chunk.end - chunk.start - chunk.overlap for chunk in chunks]
    assert min(sizes) > WINDOW / 3
    assert max(sizes) - min(sizes) <= OVERLAP


Ear = Literal["plain", "sharp", "fanciful"]


def listen(chunk: Chunk, words: list[Word], ear: Ear, per_segment: int) -> ChunkResult:
    """A perfect recogniser. A sharp one also understands words of which it gets but half; one that
    is fanciful makes other words of what it gets of them."""
    begin, end = chunk.start / SAMPLE_RATE, chunk.end / SAMPLE_RATE
    heard = []
    for word in words:
        inside = Word(word.word, max(begin, word.start), min(end, word.end))
        share = (inside.end - inside.start) / (word.end - word.start)
        if share > 0.999 or (ear == "sharp" and share >= 0.5):
            heard.append(inside)
        elif ear == "fanciful" and share >= 0.05:
            heard.append(Word("eh", inside.start, inside.end))
    segments = tuple(
        Segment(
            id=7,
            start=group[0].start,
            end=group[-1].end,
            text=" ".join(word.word for word in group),
            words=tuple(group),
        )
        for start in range(0, len(heard), per_segment)
        if (group := heard[start : start + per_segment])
    )
    return ChunkResult(segments)


def merged(chunks: tuple[Chunk, ...], results: list[ChunkResult]) -> tuple[Segment, ...]:
    """As the journal does it: between two chunks the seam is only what was written down."""
    seam = Seam()
    segments: tuple[Segment, ...] = ()
    for chunk, result in zip(chunks, results, strict=True):
        seam, released = merge(seam, chunk, result)
        stored = msgspec.json.encode(seam)
        assert len(stored) < 4_000
        seam = msgspec.json.decode(stored, type=Seam)
        segments += released
    return segments


ears = st.lists(st.sampled_from(get_args(Ear)), min_size=1, max_size=7)


@given(talk, ears, st.integers(1, 9), seeds)
@example([(0, 80, "no")] * 60, ["sharp"], 3, None)
@example([(0, 60, "cinco")] * 60, ["sharp", "plain"], 1, 17)
@example([(0, 60, "cinco")] * 60, ["fanciful"], 4, 5)
def test_no_word_is_lost_or_doubled(
    said: list[tuple[int, int, str]], ears: list[Ear], per_segment: int, seed: int | None
) -> None:
    spans = lay_out(tuple((pause, length) for pause, length, _ in said))
    words = [
        Word(text, span.start / SAMPLE_RATE, span.end / SAMPLE_RATE)
        for span, (_, _, text) in zip(spans, said, strict=True)
    ]
    chunks = planned(spans, seed).chunks
    results = [
        listen(chunk, words, ears[index % len(ears)], per_segment)
        for index, chunk in enumerate(chunks)
    ]
    segments = merged(chunks, results)
    assert [word.word for segment in segments for word in segment.words] == [
        word.word for word in words
    ]
    assert " ".join(segment.text for segment in segments).split() == [word.word for word in words]


times = st.one_of(st.floats(-5, 70), st.sampled_from([float("nan"), float("inf")]))
wild_segments = st.lists(
    st.builds(
        Segment,
        id=st.integers(0, 5),
        start=times,
        end=times,
        text=st.sampled_from(["", " ", "hola", " hola mundo", "adiós"]),
        words=st.lists(
            st.builds(Word, word=st.sampled_from(["", " hola", "mundo"]), start=times, end=times),
            max_size=4,
        ).map(tuple),
    ),
    max_size=6,
).map(tuple)


@given(st.lists(wild_segments, min_size=1, max_size=4))
def test_whatever_a_recogniser_claims_time_goes_forward(
    heard: list[tuple[Segment, ...]],
) -> None:
    chunks = tuple(
        Chunk(max(0, (20 * index - 1) * SAMPLE_RATE), 20 * (index + 1) * SAMPLE_RATE, overlap)
        for index in range(len(heard))
        for overlap in [SAMPLE_RATE if index else 0]
    )
    segments = merged(chunks, [ChunkResult(claimed) for claimed in heard])
    assert [segment.id for segment in segments] == list(range(len(segments)))
    reached = 0.0
    for segment in segments:
        assert segment.text.strip()
        assert segment.end - segment.start <= LONGEST or len(segment.text.split()) == 1
        assert reached <= segment.start <= segment.end <= chunks[-1].end / SAMPLE_RATE
        for word in segment.words:
            assert segment.start <= word.start <= word.end <= segment.end
        reached = segment.end
