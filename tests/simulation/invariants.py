"""What must hold of every world, whatever went wrong in it: checked on what was committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from retender.events import Event
from retender.jobs import Job
from retender.journal.api import AddPieces, Append, Grant, Reset, SaveJob, Settle, Write
from retender.states import TRANSITIONS, Status
from retender.transcript import Segment
from retender.work import PieceState
from tests.scripted import Script

Key = tuple[str, int]


class Violation(AssertionError):
    """A promise was broken."""


def check_commits(commits: Iterable[Sequence[Write]]) -> None:
    """Each result recorded once, each move in the table, each number in its place and with it."""
    done: set[Key] = set()
    leased: dict[Key, str] = {}
    status: dict[str, Status | None] = defaultdict(lambda: None)
    seq: dict[str, int] = defaultdict(int)
    position = 0
    for writes in commits:
        saved: dict[str, int] = {}
        told: dict[str, int] = {}
        for write in writes:
            match write:
                case SaveJob(job):
                    _check_move(job, status[job.id])
                    status[job.id] = job.status
                    saved[job.id] = job.seq
                case Append(event):
                    _hold(event.seq == seq[event.job_id] + 1, f"numbers of {event.job_id} gap")
                    _hold(event.position == position + 1, "positions of the log gap")
                    seq[event.job_id] = told[event.job_id] = event.seq
                    position = event.position
                case Grant(piece):
                    key = (piece.job_id, piece.index)
                    _hold(key not in leased, f"{key} is given out twice")
                    _hold(key not in done, f"{key} is given out after it was done")
                    leased[key] = piece.token or ""
                case Settle(token, piece, _):
                    key = (piece.job_id, piece.index)
                    _hold(leased.pop(key, None) == token, f"{key} settled without its lease")
                    if piece.state is PieceState.DONE:
                        _hold(key not in done, f"{key} is recorded twice")
                        done.add(key)
                case Reset(piece):
                    leased.pop((piece.job_id, piece.index), None)
                case AddPieces(pieces):
                    for piece in pieces:
                        _hold((piece.job_id, piece.index) not in done, "a plan is made twice")
        _hold(saved == told, "a job changed without its event, or the other way round")


def _check_move(job: Job, before: Status | None) -> None:
    moved = job.status is not before
    legal = job.status in TRANSITIONS[before] if moved else not job.finished
    _hold(legal, f"{job.id} went from {before} to {job.status}")


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
