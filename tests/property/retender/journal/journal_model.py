"""What a journal promises, in plain dictionaries and lists."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

from retender.audio.peaks import Peaks
from retender.errors import StaleLease
from retender.jobs.deliveries import Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import Piece, PieceState
from retender.journal.api import (
    AddPieces,
    Append,
    CopyTranscript,
    DeleteJob,
    DropPieces,
    ForgetJob,
    Grant,
    Release,
    Rename,
    Reset,
    SaveDelivery,
    SaveEdit,
    SaveJob,
    SavePeaks,
    Settle,
    Write,
)
from retender.transcript.chunks import ChunkResult
from retender.transcript.edits import Edit
from retender.transcript.segments import Segment

EVERYTHING: Final = 10_000


class Model:
    def __init__(self) -> None:
        self.epoch = 0
        self.position = 0
        self.jobs: dict[str, Job] = {}
        self.pieces: dict[tuple[str, int], Piece] = {}
        self.results: dict[tuple[str, int], ChunkResult] = {}
        self.transcripts: dict[str, list[Segment]] = {}
        self.peaks: dict[str, Peaks] = {}
        self.edits: dict[str, list[Edit]] = {}
        self.log: list[Event] = []
        self.deliveries: dict[tuple[str, str, int], Delivery] = {}

    def after(self, writes: Sequence[Write]) -> Model:
        changed = copy.deepcopy(self)
        for write in writes:
            changed._apply(write)
        return changed

    def of(self, job_id: str) -> list[Piece]:
        return [each for (owner, _), each in sorted(self.pieces.items()) if owner == job_id]

    def _apply(self, write: Write) -> None:
        match write:
            case SaveJob(job) | Rename(job):
                self.jobs[job.id] = job
            case AddPieces(pieces):
                self.pieces |= {(each.job_id, each.index): each for each in pieces}
            case Grant(given):
                self._swap(given, PieceState.WAITING, None)
            case Settle(token, settled, heard):
                self._swap(settled, PieceState.LEASED, token)
                if heard is not None:
                    self.results[settled.job_id, settled.index] = heard
            case Reset(again):
                self.pieces[again.job_id, again.index] = again
                if again.state is not PieceState.DONE:
                    self.results.pop((again.job_id, again.index), None)
            case Append(event):
                assert event.position == self.position + 1
                self.position += 1
                self.log.append(event)
            case SaveEdit() | SavePeaks():
                self._keep(write)
            case _:
                self._apply_whole(write)

    def _keep(self, write: SaveEdit | SavePeaks) -> None:
        if isinstance(write, SaveEdit):
            self.edits.setdefault(write.job_id, []).append(write.edit)
        else:
            self.peaks[write.job_id] = write.peaks

    def _apply_whole(self, write: Write) -> None:
        match write:
            case Release(job_id, upto, texts):
                self.transcripts.setdefault(job_id, []).extend(texts)
                self._forget_results(job_id, upto)
            case CopyTranscript(source, target):
                self.transcripts[target] = list(self.transcripts.get(source, []))
                if source in self.peaks:
                    self.peaks[target] = self.peaks[source]
            case SaveDelivery(told):
                self.deliveries[told.job_id, told.consumer, told.seq] = told
            case DropPieces(job_id):
                self._forget_results(job_id, EVERYTHING)
                for each in self.of(job_id):
                    del self.pieces[job_id, each.index]
            case DeleteJob(job_id) | ForgetJob(job_id):
                self._apply_whole(DropPieces(job_id))
                self.jobs.pop(job_id, None)
                self.transcripts.pop(job_id, None)
                self.peaks.pop(job_id, None)
                self.edits.pop(job_id, None)
                self.log = [event for event in self.log if event.job_id != job_id]
                for key in [key for key in self.deliveries if key[0] == job_id]:
                    del self.deliveries[key]

    def due(self, consumer: str, now: float, busy: tuple[str, ...], limit: int) -> list[Delivery]:
        waiting = [
            each
            for (_, to, _), each in sorted(self.deliveries.items())
            if to == consumer and each.waiting
        ]
        earliest: dict[str, Delivery] = {}
        for each in waiting:
            earliest.setdefault(each.job_id, each)
        lanes: dict[str, Delivery] = {}
        for each in sorted(earliest.values(), key=lambda each: each.due):
            if each.due <= now and each.receiver not in busy:
                lanes.setdefault(each.receiver, each)
        return list(lanes.values())[:limit]

    def _swap(self, after: Piece, state: PieceState, token: str | None) -> None:
        before = self.pieces.get((after.job_id, after.index))
        if before is None or before.state is not state or before.token != token:
            raise StaleLease("the model says no")
        self.pieces[after.job_id, after.index] = after

    def _forget_results(self, job_id: str, upto: int) -> None:
        for key in [key for key in self.results if key[0] == job_id and key[1] <= upto]:
            del self.results[key]
