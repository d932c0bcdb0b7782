"""The active (unfinished) jobs in the JobManager's memory, and the draft of a change to them.

    transitions ──write──> Draft ──commit──> journal on disk ──then merge──> ActiveJobs

A transition reads and writes a `Draft`, which shows its own changes at once. The draft is merged
into memory only after its writes are committed: memory never knows more than the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from retender.audio.peaks import Peaks
from retender.jobs.deliveries import Delivery, deliveries_for
from retender.jobs.events import Event
from retender.jobs.job import Job, step
from retender.jobs.messages import Note
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.journal import api as journal
from retender.transcript.chunks import ChunkResult
from retender.transcript.edits import Edit
from retender.transcript.segments import Segment

PieceKey = tuple[str, int]


class ActiveJob:
    """An unfinished job, its pieces, and the results that wait for an earlier chunk."""

    __slots__ = ("job", "pieces", "results")

    def __init__(self, stored: journal.Stored) -> None:
        self.job = stored.job
        self.pieces = {piece.index: piece for piece in stored.pieces}
        self.results = dict(stored.results)


class ActiveJobs:
    def __init__(self, counts: Mapping[str, int]) -> None:
        self._entries: dict[str, ActiveJob] = {}
        self.counts = dict(counts)
        """Jobs by status, finished ones included."""

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._entries

    def __iter__(self) -> Iterator[ActiveJob]:
        return iter(self._entries.values())

    def __getitem__(self, job_id: str) -> ActiveJob:
        return self._entries[job_id]

    def get(self, job_id: str) -> ActiveJob | None:
        return self._entries.get(job_id)

    def load(self, stored: journal.Stored) -> None:
        """Add a job that the journal has, and that `counts` includes already."""
        self._entries[stored.job.id] = ActiveJob(stored)

    def count(self, status: Status) -> int:
        return self.counts.get(status, 0)

    def merge(self, draft: Draft) -> None:
        """Take over the changes of a committed draft."""
        for status in draft.deleted:
            self.counts[status] -= 1
        for job in draft.jobs.values():
            self._count(job)
            if job.finished:
                self._entries.pop(job.id, None)
            elif job.id in self._entries:
                self._entries[job.id].job = job
            else:
                self._entries[job.id] = ActiveJob(journal.Stored(job))
        self._merge_pieces(draft)
        for (job_id, index), result in draft.results.items():
            if (entry := self._entries.get(job_id)) is not None:
                if result is None:
                    entry.results.pop(index, None)
                else:
                    entry.results[index] = result

    def _merge_pieces(self, draft: Draft) -> None:
        for job_id in draft.replaced:
            if (entry := self._entries.get(job_id)) is not None:
                entry.pieces.clear()
        for (job_id, index), piece in draft.pieces.items():
            if (entry := self._entries.get(job_id)) is not None:
                entry.pieces[index] = piece

    def _count(self, job: Job) -> None:
        before = self._entries.get(job.id)
        if before is not None:
            self.counts[before.job.status] -= 1
        self.counts[job.status] = self.counts.get(job.status, 0) + 1

    @contextmanager
    def reopened(self, stored: journal.Stored) -> Iterator[None]:
        """Make a finished job active again; undone if the body raises."""
        self.load(stored)
        try:
            yield
        except BaseException:
            del self._entries[stored.job.id]
            raise


class Draft:
    """The changes that follow from one message, committed in one transaction or not at all."""

    def __init__(
        self, active: ActiveJobs, at: float, position: int, *, convex: bool = False
    ) -> None:
        """`convex`: how jobs end is to be sent to a Convex database."""
        self.at = at
        self.position = position
        self.writes: list[journal.Write] = []
        self.events: list[Event] = []
        self.jobs: dict[str, Job] = {}
        self.pieces: dict[PieceKey, Piece] = {}
        self.results: dict[PieceKey, ChunkResult | None] = {}
        self.delays: dict[PieceKey, float] = {}
        """Seconds before which a waiting piece is not given out."""
        self.job_delays: dict[str, float] = {}
        """Seconds before which no piece of the job is given out."""
        self.rerouted: set[str] = set()
        """Jobs that were moved to another engine."""
        self.replaced: set[str] = set()
        """Jobs whose earlier pieces are all gone."""
        self.deliveries: list[Delivery] = []
        self.deleted: list[Status] = []
        """The status of each deleted job."""
        self.paces: list[tuple[str, float, float]] = []
        """For each finished piece: engine, seconds of audio, and seconds that it took."""
        self._active = active
        self._convex = convex

    def job(self, job_id: str) -> Job:
        changed = self.jobs.get(job_id)
        return changed if changed is not None else self._active[job_id].job

    def piece(self, job_id: str, index: int) -> Piece:
        changed = self.pieces.get((job_id, index))
        return changed if changed is not None else self._unchanged(job_id)[index]

    def leased(self, key: PieceKey, token: str) -> bool:
        """Whether the piece is still leased under this token."""
        if self.job(key[0]).finished:
            return False
        piece = self.pieces.get(key) or self._unchanged(key[0]).get(key[1])
        return piece is not None and piece.token == token

    def result(self, job_id: str, index: int) -> ChunkResult | None:
        if (job_id, index) in self.results:
            return self.results[job_id, index]
        entry = self._active.get(job_id)
        return None if entry is None else entry.results.get(index)

    def pieces_of(self, job_id: str) -> tuple[Piece, ...]:
        indexes = set(self._unchanged(job_id)) if job_id in self._active else set()
        indexes.update(index for owner, index in self.pieces if owner == job_id)
        return tuple(self.piece(job_id, index) for index in sorted(indexes))

    def step(self, job: Job, note: Note, **changes: Any) -> Job:
        """Change a job as `retender.jobs.job.step` does, and save it with its event."""
        job, event = step(job, at=self.at, note=note, **changes)
        self.save(job, event)
        return job

    def save(self, job: Job, event: Event) -> None:
        """Save a changed job together with the event of this change, and the deliveries due."""
        self.position += 1
        placed = msgspec.structs.replace(event, position=self.position)
        self.jobs[job.id] = job
        self.events.append(placed)
        self.writes += [journal.SaveJob(job), journal.Append(placed)]
        for delivery in deliveries_for(job, placed, convex=self._convex):
            self.save_delivery(delivery)

    def rename(self, job: Job) -> None:
        """Save a job of which only the name has changed."""
        self.writes.append(journal.Rename(job))
        if not job.finished:
            self.jobs[job.id] = job

    def save_delivery(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.writes.append(journal.SaveDelivery(delivery))

    def add(self, pieces: tuple[Piece, ...]) -> None:
        self.writes.append(journal.AddPieces(pieces))
        self._changed(*pieces)

    def grant(self, piece: Piece) -> None:
        self.writes.append(journal.Grant(piece))
        self._changed(piece)

    def settle(self, token: str, piece: Piece, result: ChunkResult | None = None) -> None:
        self.writes.append(journal.Settle(token, piece, result))
        self._changed(piece)
        if result is not None:
            self.results[piece.job_id, piece.index] = result

    def reset(self, piece: Piece) -> None:
        self.writes.append(journal.Reset(piece))
        self._changed(piece)

    def release(self, job_id: str, after: int, upto: int, segments: tuple[Segment, ...]) -> None:
        self.writes.append(journal.Release(job_id, upto, segments))
        for index in range(after + 1, upto + 1):
            self.results[job_id, index] = None

    def copy_transcript(self, source: str, target: str) -> None:
        self.writes.append(journal.CopyTranscript(source, target))

    def save_peaks(self, job_id: str, peaks: Peaks | None) -> None:
        """None: nothing was decoded, so there are none."""
        if peaks is not None:
            self.writes.append(journal.SavePeaks(job_id, peaks))

    def save_edit(self, job_id: str, edit: Edit) -> None:
        self.writes.append(journal.SaveEdit(job_id, edit))

    def drop_pieces(self, job_id: str) -> None:
        self.writes.append(journal.DropPieces(job_id))

    def replace_pieces(self, job_id: str, pieces: tuple[Piece, ...]) -> None:
        """Replace all pieces of the job. None of the new ones may be done or leased."""
        for piece in self.pieces_of(job_id):
            self.pieces.pop((job_id, piece.index), None)
        self.replaced.add(job_id)
        self.drop_pieces(job_id)
        self.add(pieces)

    def delete(self, job: Job) -> None:
        """Delete a finished job from the journal."""
        self.writes.append(journal.DeleteJob(job.id))
        self.deleted.append(job.status)

    def forget(self, job: Job) -> None:
        """Delete a finished job because its caller wishes it."""
        self.writes.append(journal.ForgetJob(job.id, self.at))
        self.deleted.append(job.status)

    def _unchanged(self, job_id: str) -> Mapping[int, Piece]:
        """The job's pieces as they were before this draft, unless it replaces them."""
        return {} if job_id in self.replaced else self._active[job_id].pieces

    def _changed(self, *pieces: Piece) -> None:
        for piece in pieces:
            self.pieces[piece.job_id, piece.index] = piece
