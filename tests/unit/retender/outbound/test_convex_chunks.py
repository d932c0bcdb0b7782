"""How a long transcript is divided."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from retender.outbound.convex_chunks import ChunkCutter, TextChunk
from retender.outbound.limits import CONVEX_CHUNK_BYTES, CONVEX_SEGMENTS, CONVEX_WORDS
from retender.transcript.segments import Segment, Word, joined

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "  ", "Uno.", " Dos. ", "三つ。", "四つ。", "six\nseven", "日本 語"]),
)


def segments(*texts: str, words: int = 0) -> tuple[Segment, ...]:
    spoken = tuple(Word(f"palabra{n}", n, n + 0.5, 0.9) for n in range(words))
    return tuple(Segment(n, float(n), n + 1.0, text, words=spoken) for n, text in enumerate(texts))


def cut(found: tuple[Segment, ...], page: int = 200, *, timed: bool = True) -> list[TextChunk]:
    cutter = ChunkCutter(timed=timed)
    chunks: list[TextChunk] = []
    for first in range(0, len(found), page):
        chunks += cutter.add(found[first : first + page])
    chunks += cutter.finish()
    assert cutter.count == len(chunks)
    assert cutter.silent == (joined(each.text for each in found) == "")
    return chunks


def test_chunks_are_numbered_and_hold_every_segment_once() -> None:
    found = segments(*(f"Frase {n}." for n in range(2 * CONVEX_SEGMENTS + 1)))
    chunks = cut(found, page=77)
    assert [chunk.index for chunk in chunks] == [0, 1, 2]
    assert tuple(each for chunk in chunks for each in chunk.segments) == found
    assert all(len(chunk.segments) <= CONVEX_SEGMENTS for chunk in chunks)


@given(st.lists(TEXTS, max_size=12), st.integers(1, 5), st.integers(1, 4))
def test_the_texts_of_all_chunks_are_the_text(texts: list[str], page: int, most: int) -> None:
    found = segments(*texts)
    cutter = ChunkCutter(timed=True, most=most)
    chunks: list[TextChunk] = []
    for first in range(0, len(found), page):
        chunks += cutter.add(found[first : first + page])
    chunks += cutter.finish()
    assert "".join(chunk.text for chunk in chunks) == joined(each.text for each in found)


def test_a_chunk_with_the_times_of_its_words_stays_within_its_bytes() -> None:
    chunks = cut(segments(*("frase",) * 300, words=60))
    sizes = [len(msgspec.json.encode(chunk)) for chunk in chunks]
    assert max(sizes) <= CONVEX_CHUNK_BYTES + 1024
    assert len(chunks) > 3


def test_a_segment_with_too_many_words_for_convex_goes_without_their_times() -> None:
    (chunk,) = cut(segments("mucho", words=CONVEX_WORDS + 1))
    assert chunk.segments[0].words == ()
    assert chunk.text == "mucho"


def test_who_asked_for_no_times_gets_text_alone() -> None:
    (chunk,) = cut(segments("Uno.", "Dos."), timed=False)
    assert chunk == TextChunk(0, "Uno. Dos.", ())
