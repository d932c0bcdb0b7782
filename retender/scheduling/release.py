"""Releases results to the transcript in order: those of all chunks before the first missing one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from retender.jobs.job import Job, Options
from retender.jobs.pieces import Piece
from retender.scheduling.draft import Draft
from retender.transcript.chunks import ChunkResult, Seam, merge
from retender.transcript.segments import Segment


class Ready(msgspec.Struct, frozen=True):
    """The segments that join the transcript now, and the last chunk it then contains."""

    segments: tuple[Segment, ...]
    upto: int
    seam: Seam


def releasable(draft: Draft, job: Job) -> Ready:
    seam, upto = job.seam, job.released
    segments: list[Segment] = []
    while (result := draft.result(job.id, upto + 1)) is not None:
        upto += 1
        chunk = draft.piece(job.id, upto).chunk
        assert chunk is not None
        seam, merged = merge(seam, chunk, result)
        segments += _without_extra_words(merged, job.options)
    return Ready(tuple(segments), upto, seam)


def segments_after_gap(
    job: Job, seam: Seam, results: Iterable[tuple[Piece, ChunkResult]]
) -> tuple[Seam, tuple[Segment, ...]]:
    """Of a failed job: the segments of finished chunks after the first missing one. `seam`: that
    with the text before, at first the job's. Returned is that with the text after."""
    segments: list[Segment] = []
    for piece, result in results:
        if piece.chunk is not None:
            seam, merged = merge(seam, piece.chunk, result)
            segments += _without_extra_words(merged, job.options)
    return seam, tuple(segments)


def _without_extra_words(segments: tuple[Segment, ...], options: Options) -> tuple[Segment, ...]:
    """Without words, if the caller asked for none: they were only needed to join the chunks."""
    if options.word_timestamps:
        return segments
    return tuple(msgspec.structs.replace(segment, words=()) for segment in segments)
