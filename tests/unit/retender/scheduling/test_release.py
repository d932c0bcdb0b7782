"""What of the results joins the transcript."""

from __future__ import annotations

import pytest

from retender.jobs.job import Options
from retender.jobs.pieces import Piece
from retender.journal.api import Release
from retender.scheduling import transitions
from retender.scheduling.release import segments_after_gap
from retender.transcript.chunks import Chunk, ChunkResult
from retender.transcript.segments import Segment, Word
from tests.support.actors.job_story import MADE, SECOND, Table


def heard_twice() -> tuple[Table, tuple[ChunkResult, ChunkResult]]:
    """Two chunks that share a second, in which one word is said."""

    def said(*words: tuple[str, float, float]) -> ChunkResult:
        timed = tuple(Word(text, start, end) for text, start, end in words)
        text = " ".join(word.word for word in timed)
        return ChunkResult((Segment(0, words[0][1], words[-1][2], text, words=timed),))

    former = said(("uno", 8.0, 8.4), ("dos", 9.2, 9.6))
    return Table(), (former, said(("dos", 9.22, 9.6), ("tres", 10.2, 10.6)))


SHARED = (
    Chunk(0, 10 * SECOND, overlap_after=SECOND),
    Chunk(9 * SECOND, 19 * SECOND, overlap=SECOND),
)


@pytest.mark.parametrize("asked", [True, False])
def test_words_that_nobody_asked_for_join_the_chunks_and_go_no_further(asked: bool) -> None:
    table, results = heard_twice()
    table.ask(Options(word_timestamps=asked))
    table.prepare(*SHARED)
    told: list[Segment] = []
    for index, result in enumerate(results, start=1):
        draft = table.draft()
        transitions.transcribed(draft, table.give(index), result, MADE)
        table.active.merge(draft)
        told += [segment for event in draft.events for segment in event.segments]
        released = [write.segments for write in draft.writes if isinstance(write, Release)]
        assert [segment for event in draft.events for segment in event.segments] == [
            segment for segments in released for segment in segments
        ]
    assert [segment.text for segment in told] == ["uno dos", "tres"]
    words = [word.word for segment in told for word in segment.words]
    assert words == (["uno", "dos", "tres"] if asked else [])


@pytest.mark.parametrize("asked", [True, False])
def test_a_failed_job_tells_no_words_that_nobody_asked_for(asked: bool) -> None:
    table, (_, latter) = heard_twice()
    table.ask(Options(word_timestamps=asked))
    pieces = tuple(Piece(job_id="j", index=n, chunk=chunk) for n, chunk in enumerate(SHARED, 1))
    _, (segment,) = segments_after_gap(table.job, table.job.seam, [(pieces[1], latter)])
    assert segment.text == "dos tres"
    assert [word.word for word in segment.words] == (["dos", "tres"] if asked else [])
