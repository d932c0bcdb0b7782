from __future__ import annotations

import msgspec
import pytest

from retender.transcript.chunks import (
    SAMPLE_RATE,
    Chunk,
    ChunkResult,
    Plan,
    Seam,
    Span,
    merge,
    plan,
)
from retender.transcript.segments import Segment, Word

WINDOW = 30 * SAMPLE_RATE


def speech(*seconds: tuple[float, float]) -> list[Span]:
    return [Span(int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)) for start, end in seconds]


def cut(total: float, *seconds: tuple[float, float]) -> list[tuple[float, float]]:
    chunks = plan(speech(*seconds), int(total * SAMPLE_RATE), WINDOW).chunks
    return [(chunk.start / SAMPLE_RATE, chunk.end / SAMPLE_RATE) for chunk in chunks]


def test_where_nobody_speaks_there_are_no_chunks() -> None:
    assert plan([], 16_000, WINDOW) == Plan(1.0, ())


def test_short_speech_is_one_chunk_with_a_little_silence_around_it() -> None:
    assert cut(10, (2, 4), (5, 7)) == [(1.8, 7.2)]


def test_the_recordings_edges_bound_the_silence_around_speech() -> None:
    assert cut(4, (0.1, 3.9)) == [(0, 4)]


def test_a_longer_pause_is_cut_at_though_a_shorter_one_is_nearer_the_middle() -> None:
    assert cut(37, (0, 13), (14, 18.5), (18.7, 37)) == [(0, 13.2), (13.8, 37)]


def test_neighbours_share_a_pause_without_sharing_audio() -> None:
    assert cut(60, (0, 25), (25.2, 50)) == [(0, 25.1), (25.1, 50.2)]


def test_a_long_silence_ends_a_chunk_and_belongs_to_none() -> None:
    assert cut(20, (1, 2), (15, 16)) == [(0.8, 2.2), (14.8, 16.2)]


def test_speech_just_over_the_window_is_halved_not_nipped() -> None:
    assert cut(30.5, (0, 30.5)) == [(0, 15.75), (14.75, 30.5)]


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    asked: list[tuple[int, int]] = []

    def quietest(least: int, most: int) -> int:
        asked.append((least, most))
        return least + SAMPLE_RATE

    total = 40 * SAMPLE_RATE
    chunks = plan([Span(0, total)], total, WINDOW, quietest=quietest, overlap=8_000).chunks
    ((least, most),) = asked
    assert least < total // 2 < most
    middle = least + SAMPLE_RATE
    assert chunks == (
        Chunk(0, middle + 4_000, overlap_after=8_000),
        Chunk(middle - 4_000, total, overlap=8_000),
    )


def test_a_quietest_point_out_of_range_breaks_no_window() -> None:
    total = 100 * SAMPLE_RATE
    chunks = plan([Span(0, total)], total, WINDOW, quietest=lambda _least, most: 9 * most).chunks
    assert all(chunk.end - chunk.start <= WINDOW for chunk in chunks)


def test_spans_in_any_order_overlapping_or_outside_are_understood() -> None:
    assert cut(10, (5, 20), (4, 6), (-3, 1), (2, 2)) == [(0, 10)]


@pytest.mark.parametrize("overlap", [-1, WINDOW // 4 + 1, 3 * SAMPLE_RATE])
def test_an_overlap_that_could_not_be_merged_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        plan([], 1, WINDOW, overlap=overlap)


def test_only_what_a_neighbour_hears_too_is_joined_by_its_words() -> None:
    (alone,) = plan(speech((1, 20)), WINDOW, WINDOW).chunks
    assert not alone.joined_by_words
    first, second, third = plan(speech((0, 40), (45, 60)), 2 * WINDOW, WINDOW).chunks
    assert first.joined_by_words, "the chunk before a cut as well as the one after it"
    assert second.joined_by_words
    assert not third.joined_by_words


def test_silence_counts_as_done_with_the_chunk_that_follows_it_or_ends_the_recording() -> None:
    chunks = plan(speech((1, 2), (15, 16)), 20 * SAMPLE_RATE, WINDOW).chunks
    assert [chunk.counted_seconds for chunk in chunks] == pytest.approx([2.2, 17.8])


def test_a_chunk_planned_by_an_older_version_can_be_read() -> None:
    old = msgspec.json.decode(b'{"start":0,"end":16000,"overlap":800}', type=Chunk)
    assert old == Chunk(0, 16_000, overlap=800)


def test_what_a_recogniser_gives_in_one_piece_is_released_in_sentences() -> None:
    text = " ".join(f"Esta es la frase número {n}." for n in range(8))
    _, segments = merge(Seam(), Chunk(0, WINDOW), ChunkResult((wordless(text, 0.0, 30.0),)))
    assert [segment.id for segment in segments] == list(range(len(segments)))
    assert all(segment.text.endswith(".") for segment in segments)
    assert all(segment.end - segment.start < 12 for segment in segments)
    assert " ".join(segment.text for segment in segments) == text


def said(*words: tuple[str, float, float]) -> Segment:
    timed = tuple(Word(text, start, end) for text, start, end in words)
    text = " ".join(word.word for word in timed)
    return Segment(0, timed[0].start, timed[-1].end, text, words=timed)


FORMER = Chunk(0, 10 * SAMPLE_RATE, overlap_after=SAMPLE_RATE)
LATTER = Chunk(9 * SAMPLE_RATE, 19 * SAMPLE_RATE, overlap=SAMPLE_RATE)
"""They share the second from 9 to 10; the cut is at 9.5."""


def text_of(former: Segment, latter: Segment) -> list[str]:
    return full_text(former, latter).split()


def full_text(former: Segment, latter: Segment) -> str:
    seam, first = merge(Seam(), FORMER, ChunkResult((former,)))
    _, second = merge(seam, LATTER, ChunkResult((latter,)))
    return " ".join(segment.text for segment in (*first, *second))


def test_words_that_both_heard_are_given_once() -> None:
    former = said(("voy", 8.0, 8.4), ("a", 9.1, 9.2), ("casa", 9.2, 9.6))
    latter = said(("a", 9.08, 9.2), ("Casa,", 9.25, 9.6), ("mamá", 10.2, 10.6))
    assert text_of(former, latter) == ["voy", "a", "casa", "mamá"]


def test_a_word_said_twice_stays_twice() -> None:
    former = said(("no", 9.0, 9.3), ("no", 9.5, 9.8))
    latter = said(("no", 9.02, 9.3), ("no", 9.52, 9.8), ("no", 10.0, 10.3))
    assert text_of(former, latter) == ["no", "no", "no"]


def test_one_drawn_out_word_is_not_an_echo_of_two() -> None:
    former = said(("no", 9.0, 9.9))
    latter = said(("no", 9.0, 9.3), ("no", 9.5, 9.8))
    assert text_of(former, latter) == ["no", "no"]


def test_a_word_cut_short_at_the_edge_is_told_by_who_hears_all_of_it() -> None:
    former = said(("vamos", 8.0, 8.5), ("si", 9.8, 10.0))
    latter = said(("cierra", 9.8, 10.4), ("ya", 10.5, 10.8))
    assert text_of(former, latter) == ["vamos", "cierra", "ya"]


def test_the_end_of_a_word_at_the_edge_is_no_word() -> None:
    former = said(("vamos", 8.0, 8.5), ("cierra", 8.7, 9.3))
    latter = said(("era", 9.0, 9.3), ("ya", 9.6, 9.9))
    assert text_of(former, latter) == ["vamos", "cierra", "ya"]


def test_what_is_left_of_a_segment_ends_with_its_last_word() -> None:
    heard = said(("uno", 8.0, 8.4), ("dos", 8.5, 9.0), ("tres", 9.6, 9.9))
    _, (segment,) = merge(Seam(), FORMER, ChunkResult((heard,)))
    assert (segment.text, segment.start, segment.end) == ("uno dos", 8.0, 9.0)
    assert [word.word for word in segment.words] == ["uno", "dos"]


def test_a_word_said_again_later_is_not_taken_for_an_echo() -> None:
    former = said(("no", 8.2, 8.5), ("es", 8.6, 8.8))
    latter = said(("no", 9.3, 9.6), ("sé", 10.0, 10.3))
    assert text_of(former, latter) == ["no", "es", "no", "sé"]


def test_the_formers_hearing_stands_where_they_differ() -> None:
    former = said(("vamos", 9.0, 9.2), ("casa", 9.2, 9.6))
    latter = said(("vamos", 9.0, 9.2), ("a", 9.2, 9.25), ("casa", 9.25, 9.6), ("ya", 10.1, 10.3))
    assert text_of(former, latter) == ["vamos", "casa", "ya"]


@pytest.mark.parametrize(("start", "stands"), [(9.2, "cansa"), (9.5, "casa")])
def test_a_word_that_one_misheard_is_told_by_who_is_farther_from_the_edge(
    start: float, stands: str
) -> None:
    former = said(("vamos", 8.0, 8.5), ("cansa", start, start + 0.4))
    latter = said(("casa", start, start + 0.4), ("ya", 10.1, 10.3))
    assert text_of(former, latter) == ["vamos", stands, "ya"]


def test_a_word_that_only_the_latter_heard_is_kept() -> None:
    former = said(("vamos", 8.0, 8.5))
    latter = said(("casa", 9.2, 9.4), ("ya", 10.1, 10.3))
    assert text_of(former, latter) == ["vamos", "casa", "ya"]


def test_a_last_word_drawn_out_too_far_swallows_no_other() -> None:
    former = said(("hola", 8.4, 10.0))
    latter = said(("mundo", 9.55, 9.95), ("cruel", 10.0, 10.4))
    assert text_of(former, latter) == ["hola", "mundo", "cruel"]


def test_what_is_left_of_a_segment_has_the_text_and_time_of_its_words() -> None:
    seam, _ = merge(Seam(), FORMER, ChunkResult((said(("uno", 9.2, 9.6)),)))
    heard = said((" uno", 9.2, 9.6), (" dos", 10.1, 10.5), (",", 10.5, 10.5), (" tres", 10.6, 11.0))
    _, (segment,) = merge(seam, LATTER, ChunkResult((heard,)))
    assert segment.text == "dos, tres"
    assert (segment.id, segment.start, segment.end) == (1, 10.1, 11.0)
    assert [word.word for word in segment.words] == [" dos", ",", " tres"]


def wordless(text: str, start: float, end: float) -> Segment:
    return Segment(0, start, end, text)


def test_without_word_times_the_common_run_of_words_is_given_once() -> None:
    former = wordless("Hoy vamos todos a la casa", 6.0, 10.0)
    latter = wordless("la casa de mi abuela.", 9.0, 13.0)
    assert full_text(former, latter) == "Hoy vamos todos a la casa de mi abuela."


def test_without_word_times_half_a_word_at_the_edge_does_not_hide_the_run() -> None:
    former = wordless("Hoy vamos todos a la ca", 6.0, 10.0)
    latter = wordless("dos a la casa de mi abuela.", 9.0, 13.0)
    assert full_text(former, latter) == "Hoy vamos todos a la ca casa de mi abuela."


def test_without_word_times_a_chance_likeness_costs_no_text() -> None:
    former = wordless("Hoy vamos de viaje a la casa", 6.0, 10.0)
    latter = wordless("Ella viene de viaje también.", 9.2, 13.0)
    assert len(text_of(former, latter)) == 12


def test_without_word_times_one_common_word_away_from_the_edge_is_chance() -> None:
    former = wordless("Hoy vamos de casa", 6.0, 10.0)
    latter = wordless("cosas de viaje", 9.2, 13.0)
    assert full_text(former, latter) == "Hoy vamos de casa cosas de viaje"


def test_chunks_that_share_no_audio_lose_nothing_to_likeness() -> None:
    seam, _ = merge(Seam(), FORMER, ChunkResult((said(("no", 9.6, 10.0)),)))
    latter = Chunk(10 * SAMPLE_RATE, 20 * SAMPLE_RATE)
    _, (segment,) = merge(seam, latter, ChunkResult((said(("no", 10.0, 10.4)),)))
    assert segment.text == "no"


def test_a_segment_that_ends_too_late_does_not_push_the_next_one() -> None:
    heard = (wordless("uno", 0.0, 10.0), wordless("dos", 2.0, 3.0))
    _, (one, two) = merge(Seam(), FORMER, ChunkResult(heard))
    assert (one.end, two.start, two.end) == (2.0, 2.0, 3.0)


def test_a_time_that_is_no_number_is_the_earliest_that_can_be() -> None:
    nan = float("nan")
    _, (segment,) = merge(Seam(), LATTER, ChunkResult((wordless("uno", nan, nan),)))
    assert (segment.start, segment.end) == (9.0, 9.0)


def test_what_is_remembered_stays_small_whatever_was_heard() -> None:
    words = tuple(Word("x" * 10_000, 9.9, 9.9) for _ in range(1_000))
    seam, _ = merge(Seam(), FORMER, ChunkResult((Segment(0, 0, 10, "x", words=words),)))
    assert len(msgspec.json.encode(seam)) < 2_000
    merge(seam, LATTER, ChunkResult((Segment(0, 9, 10, "x", words=words),)))


def test_a_silent_chunk_changes_nothing_but_what_is_remembered() -> None:
    seam, _ = merge(Seam(), FORMER, ChunkResult((said(("uno", 2.0, 9.6)),)))
    after, released = merge(seam, LATTER, ChunkResult(()))
    assert released == ()
    assert after == Seam(next_id=1, end=9.6)
