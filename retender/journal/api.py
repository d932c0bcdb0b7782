"""The durable store, as the JobManager sees it: it alone opens it.

Decisions arrive as a list of `Write`s and are committed together or not at all; what a commit has
acknowledged survives a crash of the machine. Two guards are checked in the same transaction:

- every commit carries the writer's epoch, and is refused with `Fenced` once a newer one has begun;
- a `Settle` counts only while the piece is leased under that very token: otherwise the whole
  commit is refused with `StaleLease`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from retender.jobs.deliveries import Backlog, Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.transcript.chunks import ChunkResult
from retender.transcript.segments import Segment


class Inconsistent(Exception):
    """A bug, not an answer: a write that does not follow from what is stored."""


class SaveJob(msgspec.Struct, frozen=True, tag=True):
    """Insert the job, or replace the one stored."""

    job: Job


class AddPieces(msgspec.Struct, frozen=True, tag=True):
    pieces: tuple[Piece, ...]


class Grant(msgspec.Struct, frozen=True, tag=True):
    """The piece, now leased under `piece.token`. It must be waiting, else `StaleLease`."""

    piece: Piece


class Settle(msgspec.Struct, frozen=True, tag=True):
    """The end of a lease: the piece is now waiting again, done, or failed."""

    token: str
    piece: Piece
    result: ChunkResult | None = None


class Reset(msgspec.Struct, frozen=True, tag=True):
    """A piece changed outside any lease: given another chance, or called off."""

    piece: Piece


class Release(msgspec.Struct, frozen=True, tag=True):
    """Finished segments join the transcript, in order; the results they came from may go."""

    job_id: str
    upto: int
    segments: tuple[Segment, ...]


class Append(msgspec.Struct, frozen=True, tag=True):
    """An event takes its place in its job's numbers and in the log of all jobs.

    Its segments are in the transcript by then, released in this commit or an earlier one, and
    are all of those between its first and its last.
    """

    event: Event


class CopyTranscript(msgspec.Struct, frozen=True, tag=True):
    source: str
    target: str


class DropPieces(msgspec.Struct, frozen=True, tag=True):
    job_id: str


class SaveDelivery(msgspec.Struct, frozen=True, tag=True):
    """Insert what is to be told, or replace it."""

    delivery: Delivery


class DeleteJob(msgspec.Struct, frozen=True, tag=True):
    """Forget the job: its row, pieces, transcript, events and deliveries."""

    job_id: str


Write = (
    SaveJob
    | AddPieces
    | Grant
    | Settle
    | Reset
    | Release
    | Append
    | CopyTranscript
    | DropPieces
    | SaveDelivery
    | DeleteJob
)


class Stored(msgspec.Struct, frozen=True):
    """A job with its pieces, and the results that wait for their turn in the transcript."""

    job: Job
    pieces: tuple[Piece, ...] = ()
    results: dict[int, ChunkResult] = {}


class Counts(msgspec.Struct, frozen=True):
    by_status: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def dead_letters(self) -> int:
        return self.by_status.get(Status.FAILED, 0)


class MatchingJobs(msgspec.Struct, frozen=True):
    """Jobs that a submission may turn out to be, or to have its answer from."""

    same_id: Job | None = None
    same_key: Job | None = None
    known: Job | None = None


class Recovery(msgspec.Struct, frozen=True):
    """What a new epoch begins with. The pieces that were leased in an older one are as they
    were left: voiding those leases is a decision, and so the new manager's first commit."""

    epoch: int
    position: int
    unfinished: tuple[Stored, ...]
    counts: Counts


class Page(msgspec.Struct, frozen=True):
    jobs: tuple[Job, ...]
    cursor: str | None


class Journal(Protocol):
    async def begin_epoch(self) -> Recovery:
        """Fence every older writer out, and load what is unfinished, oldest first."""

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        """All of it, durably, or none. Raises `StaleLease`, `Fenced`, `StorageFull`; and
        `Inconsistent` for what only a bug could ask for, such as a gap in the numbers."""

    async def job(self, job_id: str) -> Job | None: ...

    async def stored(self, job_id: str) -> Stored | None: ...

    async def jobs(
        self, *, owner: str | None, status: Status | None, limit: int, cursor: str | None
    ) -> Page:
        """Newest first."""

    async def matching_jobs(
        self, job_id: str, *, owner: str, key: str | None, cache_key: str | None
    ) -> MatchingJobs:
        """The job of this id; else the one its owner submitted under this key; else a completed
        one with this audio and these options. The first that is found is the only one given."""

    async def completed(self, cache_key: str) -> Job | None:
        """A completed job with this audio and these options."""

    async def events(self, job_id: str, since: int, limit: int) -> tuple[Event, ...]:
        """The job's events numbered above `since`, in order."""

    async def log(self, after: int, limit: int) -> tuple[Event, ...]:
        """Events of all jobs placed after `after`, in order."""

    async def segments(
        self, job_id: str, first: int = 0, limit: int | None = None
    ) -> tuple[Segment, ...]:
        """The job's segments with the ids from `first` on, in order; `limit` of them at most."""

    async def due(
        self, consumer: str, now: float, busy: Sequence[str], limit: int
    ) -> tuple[Delivery, ...]:
        """What is to be told to this consumer by now, the longest due first: one of each lane
        that is not busy, and none while an earlier one of the same job waits."""

    async def next_due(self, consumer: str, after: float) -> float | None:
        """When the next delivery after that time comes due."""

    async def backlog(self, consumer: str) -> Backlog: ...

    async def parked(self, consumer: str, limit: int) -> tuple[Delivery, ...]:
        """Deliveries to this consumer that wait until a person has them retried."""

    async def deliveries(self, job_id: str, consumer: str) -> tuple[Delivery, ...]:
        """All of the job, at rest or not, in the order of its events."""

    async def audio_in_use(self, finished_after: float) -> frozenset[str]:
        """Hashes of the uploads that unfinished jobs need, or dead letters (they may be retried),
        or jobs finished since then."""

    async def finished_before(self, at: float, limit: int) -> tuple[str, ...]:
        """Ids of jobs that ended before then, oldest first."""

    async def close(self) -> None: ...


class JournalOpener(Protocol):
    """How the JobManager gets its journal: called once a life."""

    async def __call__(self) -> Journal: ...
