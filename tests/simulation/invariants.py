"""What must hold of every world, whatever went wrong in it: checked on what was committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.states import TERMINAL, TRANSITIONS, Status
from retender.journal.api import AddPieces, Append, DropPieces, Grant, Reset, SaveJob, Settle, Write
from retender.transcript.segments import Segment
from tests.support.engines.scripted import Script
from tests.support.http.webhook_receivers import Message

Key = tuple[str, int]


class Violation(AssertionError):
    """A promise was broken."""


def check_commits(commits: Iterable[Sequence[Write]]) -> None:
    """Each result recorded once, each move in the table, each number in its place and with it."""
    books = _Books()
    for writes in commits:
        for write in writes:
            books.follow(write)
        saved = {write.job.id: write.job.seq for write in writes if isinstance(write, SaveJob)}
        told = {
            write.event.job_id: write.event.seq for write in writes if isinstance(write, Append)
        }
        _hold(saved == told, "a job changed without its event, or the other way round")


class _Books:
    """What the commits so far have made true."""

    def __init__(self) -> None:
        self._done: set[Key] = set()
        self._leased: dict[Key, str | None] = {}
        self._status: dict[str, Status] = {}
        self._seq: dict[str, int] = defaultdict(int)
        self._position = 0

    def follow(self, write: Write) -> None:
        match write:
            case SaveJob(job):
                self._move(job)
            case Append(event):
                self._tell(event)
            case Grant(piece):
                self._lease(piece)
            case Settle(token, piece, _):
                self._settle(token, piece)
            case Reset(piece):
                self._leased.pop(_key(piece), None)
            case DropPieces(job_id):
                self._drop(job_id)
            case AddPieces(pieces):
                for piece in pieces:
                    _hold(_key(piece) not in self._done, f"{_key(piece)} is planned twice")

    def _drop(self, job_id: str) -> None:
        """A job begins anew only where nothing is lost by it, and nobody works on it."""
        if self._status[job_id] not in TERMINAL:
            lost = [key for key in self._done if key[0] == job_id and key[1] != PREPARATION]
            _hold(not lost, f"{lost} were dropped though they were done")
            held = [key for key in self._leased if key[0] == job_id]
            _hold(not held, f"{held} were dropped from somebody's hands")
            self._done.discard((job_id, PREPARATION))

    def _move(self, job: Job) -> None:
        before = self._status.get(job.id)
        moved = job.status is not before
        legal = job.status in TRANSITIONS[before] if moved else not job.finished
        _hold(legal, f"{job.id} went from {before} to {job.status}")
        self._status[job.id] = job.status

    def _tell(self, event: Event) -> None:
        _hold(event.seq == self._seq[event.job_id] + 1, f"numbers of {event.job_id} gap")
        _hold(event.position == self._position + 1, "positions of the log gap")
        self._seq[event.job_id] = event.seq
        self._position = event.position

    def _lease(self, piece: Piece) -> None:
        _hold(_key(piece) not in self._leased, f"{_key(piece)} is given out twice")
        _hold(_key(piece) not in self._done, f"{_key(piece)} is given out after it was done")
        self._leased[_key(piece)] = piece.token

    def _settle(self, token: str, piece: Piece) -> None:
        key = _key(piece)
        if piece.state is PieceState.DONE:
            _hold(key not in self._done, f"{key} is recorded twice")
            self._done.add(key)
        _hold(self._leased.pop(key, None) == token, f"{key} settled without its lease")


def _key(piece: Piece) -> Key:
    return piece.job_id, piece.index


def check_events(job: Job, events: Sequence[Event], segments: Sequence[Segment]) -> None:
    """Numbered from 1 without a gap, progress never back, and the text in them is the text."""
    numbers = [event.seq for event in events]
    _hold(numbers == list(range(1, job.seq + 1)), f"{job.id} has the numbers {numbers}")
    shown = [event.progress for event in events]
    _hold(shown == sorted(shown), f"progress of {job.id} goes back: {shown}")
    told = [segment for event in events for segment in event.segments]
    # A job answered from the cache has its text at once, not by and by.
    if told or not (job.status is Status.COMPLETED and len(events) <= 2):
        _hold(told == list(segments), f"the events of {job.id} tell another text")


def check_text(job: Job, script: Script, segments: Sequence[Segment]) -> None:
    text = " ".join(segment.text for segment in segments)
    ids = [segment.id for segment in segments]
    _hold(ids == list(range(len(ids))), f"segments of {job.id} are numbered {ids}")
    starts = [segment.start for segment in segments]
    _hold(starts == sorted(starts), f"times of {job.id} go back")
    if job.status is Status.COMPLETED:
        _hold(text == script.text, f"{job.id} says {text!r} instead of {script.text!r}")
    else:
        _hold(script.text.startswith(text), f"{job.id} says {text!r}, which nobody said")


def check_followed(job: Job, seen: Sequence[Event]) -> None:
    """A follower saw each event once and in order, over all of its connections."""
    numbers = [event.seq for event in seen]
    _hold(numbers == list(range(1, job.seq + 1)), f"a follower of {job.id} saw {numbers}")


def check_told(job: Job, commits: Iterable[Sequence[Write]], messages: Sequence[Message]) -> None:
    """The receiver of its webhooks heard of each of its ends, in order, and of nothing else."""
    ends = [
        write.event.seq
        for writes in commits
        for write in writes
        if isinstance(write, Append) and write.event.job_id == job.id and write.event.last
    ]
    heard = [each.body["seq"] for each in messages if each.body["job_id"] == job.id]
    promised = ends if job.callback_url is not None else []
    _hold(sorted(set(heard)) == promised, f"of {job.id} {heard} was told instead of {promised}")
    _hold(heard == sorted(heard), f"of {job.id} was told out of order: {heard}")


def check_ends(jobs: Mapping[str, Job | None], refused: frozenset[str]) -> None:
    """What was accepted is there, and has come to an end."""
    for job_id, job in jobs.items():
        if job_id not in refused:
            _hold(job is not None, f"{job_id} was accepted and is not there")
            assert job is not None
            _hold(job.finished, f"{job_id} is still {job.status}, {job.stage}")


def _hold(promise: bool, otherwise: str) -> None:
    if not promise:
        raise Violation(otherwise)
