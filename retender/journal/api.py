"""The interface to the durable store. Only the JobManager opens it.

A commit is a list of `Write`s, and is applied whole or not at all. A commit that has returned
survives a crash of the machine. Two conditions are checked in the same transaction:

- every commit carries its writer's epoch, and fails with `Fenced` once a newer one has begun;
- a `Settle` needs the piece to be leased under the same token: otherwise the whole commit fails
  with `StaleLease`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from retender.audio.peaks import Peaks
from retender.jobs.deliveries import Backlog, Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.transcript.chunks import ChunkResult
from retender.transcript.edits import Edit, Versions
from retender.transcript.pages import Place
from retender.transcript.search import Passage
from retender.transcript.segments import Segment


class Inconsistent(Exception):
    """A bug in the caller: a write that does not fit what is stored."""


class SaveJob(msgspec.Struct, frozen=True, tag=True):
    """Insert the job, or replace the stored one."""

    job: Job


class Rename(msgspec.Struct, frozen=True, tag=True):
    """Replace the stored job by one with another name: a change without an event."""

    job: Job


class AddPieces(msgspec.Struct, frozen=True, tag=True):
    pieces: tuple[Piece, ...]


class Grant(msgspec.Struct, frozen=True, tag=True):
    """Store the piece as leased under `piece.token`. It must be waiting, otherwise `StaleLease`."""

    piece: Piece


class Settle(msgspec.Struct, frozen=True, tag=True):
    """End a lease: the piece is now waiting again, done, or failed."""

    token: str
    piece: Piece
    result: ChunkResult | None = None


class Reset(msgspec.Struct, frozen=True, tag=True):
    """Change a piece outside any lease: it is retried, or cancelled."""

    piece: Piece


class Release(msgspec.Struct, frozen=True, tag=True):
    """Add finished segments to the transcript, in order. Results up to piece `upto` are dropped."""

    job_id: str
    upto: int
    segments: tuple[Segment, ...]


class Append(msgspec.Struct, frozen=True, tag=True):
    """Add an event to its job, under the next number, and to the log of all jobs.

    Its segments must be in the transcript, by this commit or an earlier one, and must be all
    segments from its first to its last.
    """

    event: Event


class SavePeaks(msgspec.Struct, frozen=True, tag=True):
    """Insert the peaks of the job's recording, or replace the stored ones."""

    job_id: str
    peaks: Peaks


class SaveEdit(msgspec.Struct, frozen=True, tag=True):
    """Store the next version of the transcript; otherwise `Inconsistent`. The oldest edits beyond
    `EDITS_KEPT` are deleted."""

    job_id: str
    edit: Edit


class CopyTranscript(msgspec.Struct, frozen=True, tag=True):
    """Copy what was recognised of another job, and its peaks. Its edits are not copied."""

    source: str
    target: str


class DropPieces(msgspec.Struct, frozen=True, tag=True):
    job_id: str


class SaveDelivery(msgspec.Struct, frozen=True, tag=True):
    """Insert the delivery, or replace the stored one."""

    delivery: Delivery


class DeleteJob(msgspec.Struct, frozen=True, tag=True):
    """Delete the job with its pieces, transcript, edits, events and deliveries."""

    job_id: str


class ForgetJob(msgspec.Struct, frozen=True, tag=True):
    """Delete the job as its caller wishes. For `FORGOTTEN_SECONDS` its id is known as forgotten."""

    job_id: str
    at: float


class Unindexed(msgspec.Struct, frozen=True):
    """A job that waits to be indexed, and the words that were read of it so far."""

    ordinal: int
    state: tuple[int, str, int] | None
    """Its last event, its name and the version of its text. None: the job is gone."""
    words: str = ""
    following: int | None = None
    """Where its text goes on. None: it was read to its end."""


class Index(msgspec.Struct, frozen=True, tag=True):
    """Index a job whose text was read to its end. If it has changed since, it goes on waiting."""

    read: Unindexed


Write = (
    SaveJob
    | Rename
    | AddPieces
    | Grant
    | Settle
    | Reset
    | Release
    | Append
    | SavePeaks
    | SaveEdit
    | CopyTranscript
    | DropPieces
    | SaveDelivery
    | DeleteJob
    | ForgetJob
    | Index
)


class Stored(msgspec.Struct, frozen=True):
    """A job with its pieces, and the results that are not in the transcript yet."""

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
    """Jobs that equal a submission, so that no new work is needed. At most one is set."""

    same_id: Job | None = None
    same_key: Job | None = None
    known: Job | None = None
    forgotten: bool = False
    """The job of this id was forgotten: the submission comes late."""


class Recovery(msgspec.Struct, frozen=True):
    """The state at the start of an epoch. Pieces that were leased in an older epoch are still
    leased: ending those leases is a decision, and so it is the first commit of the new manager."""

    epoch: int
    position: int
    unfinished: tuple[Stored, ...]
    counts: Counts


class Page(msgspec.Struct, frozen=True):
    jobs: tuple[Job, ...]
    cursor: str | None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list, and in what order."""

    owner: str | None = None
    """None: of all owners."""
    status: Status | None = None
    words: tuple[str, ...] | None = None
    """Those whose name or text has all of these (`retender.transcript.search`)."""
    oldest_first: bool = False
    limit: int = 50
    cursor: str | None = None


class StoredText(msgspec.Struct, frozen=True):
    """A page of a job's text, as it is stored, with the job as it was at that moment."""

    job: Job
    version: int
    edited_at: float | None = None
    segments: tuple[Segment, ...] = ()
    results: tuple[tuple[Piece, ChunkResult], ...] = ()
    """Of a failed job: results that have not joined the transcript."""
    following: Place | None = None


class JournalReader(Protocol):
    """Reads what is committed. Each question is answered from one state of the journal."""

    async def job(self, job_id: str) -> Job | None: ...

    async def stored(self, job_id: str) -> Stored | None: ...

    async def jobs(self, listing: Listing) -> Page: ...

    async def passage(self, job_id: str, words: tuple[str, ...]) -> Passage | None:
        """Where in the job's text most of these words are."""

    async def unindexed(self, before: Unindexed | None = None) -> Unindexed | None:
        """The next job that waits to be indexed, the newest first, with the words of the first page
        of its text; or the same job with the words of one more page, until all is read. `before` is
        the last answer. None if no more jobs wait."""

    async def matching_jobs(
        self,
        job_id: str,
        *,
        owner: str,
        key: str | None,
        cache_key: str | None,
        shared: bool = False,
    ) -> MatchingJobs:
        """The job of this id; otherwise the job that this owner submitted under this key; otherwise
        a completed job with this audio and these options, of this owner, or of anyone if `shared`.
        Only the first match is returned."""

    async def completed(self, cache_key: str, owner: str | None) -> Job | None:
        """A completed job with this audio and these options. `owner` None: of any owner."""

    async def events(self, job_id: str, since: int, limit: int) -> tuple[Event, ...]:
        """The job's events numbered above `since`, in order: `limit` of them at most, and fewer if
        their segments have more than `EVENTS_BYTES`."""

    async def log(self, after: int, limit: int) -> tuple[Event, ...]:
        """Events of all jobs placed after `after`, in order, with the same limits."""

    async def segments(self, job_id: str) -> tuple[Segment, ...]:
        """All segments of the job, in order."""

    async def text(
        self, job_id: str, version: int | None = None, place: Place | None = None
    ) -> StoredText | None:
        """The page of the job's text that begins at `place`; without it the first page of this
        version, or of the latest one. None if there is no such job. Raises `VersionNotFound`."""

    async def peaks(self, job_id: str) -> Peaks | None: ...

    async def versions(self, job_id: str) -> Versions:
        """Of the transcript."""

    async def edit(self, job_id: str, version: int | None = None) -> Edit | None:
        """An edited version of the transcript: this one, or the latest. None if there is none."""

    async def due(
        self, consumer: str, now: float, busy: Sequence[str], limit: int
    ) -> tuple[Delivery, ...]:
        """Deliveries of this consumer that are due, the longest due first: one for each receiver
        that is not in `busy`, and none while an earlier one of the same job waits."""

    async def next_due(self, consumer: str, after: float) -> float | None:
        """When the next delivery after that time is due; None if none is."""

    async def backlog(self, consumer: str) -> Backlog: ...

    async def parked(self, consumer: str, limit: int) -> tuple[Delivery, ...]:
        """Deliveries to this consumer that wait until a person has them retried."""

    async def deliveries(self, job_id: str, consumer: str) -> tuple[Delivery, ...]:
        """All deliveries of the job, waiting or not, in the order of its events."""

    async def audio_in_use(self, asked: Sequence[str], finished_after: float) -> frozenset[str]:
        """Which of these uploads, named by their hashes, belong to unfinished jobs, to dead letters
        (they may be retried), or to jobs finished since then."""

    async def finished_before(self, at: float, limit: int) -> tuple[str, ...]:
        """Ids of jobs that ended before then, oldest first."""


class Journal(JournalReader, Protocol):
    @property
    def beside(self) -> JournalReader:
        """Reads over a connection of its own, beside the commits, which do not wait for it. It
        knows every commit that has returned."""

    async def begin_epoch(self) -> Recovery:
        """Fence out every older writer, and load the unfinished jobs, oldest first."""

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        """Apply all writes durably, or none. Raises `StaleLease`, `Fenced`, `StorageFull`; and
        `Inconsistent` for a bug in the caller, such as a gap in the event numbers."""

    async def close(self) -> None: ...


class JournalOpener(Protocol):
    """Opens the journal: each instance of the JobManager calls it one time."""

    async def __call__(self) -> Journal: ...
