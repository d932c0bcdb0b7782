"""Whatever happens to jobs, in whatever order: the rulings against a plain model."""

from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from retender.errors import CorruptMedia, EngineFailed, WorkerCrashed
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.retry import RetryPolicy
from retender.jobs.states import TERMINAL, Stage, Status
from retender.journal.api import AddPieces, Release, Stored
from retender.scheduling import transitions
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.transitions import UsedModel
from retender.storage.audio import Audio
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment

AUDIO = Audio("0" * 64, 1000)
POLICY = RetryPolicy(attempts=2)
MADE = UsedModel("scripted", "script")
SECONDS = 10
JOBS = 3


def words(job_id: str, index: int) -> str:
    return f"{job_id} says {index}"


def result(piece: Piece) -> ChunkResult:
    assert piece.chunk is not None
    start = piece.chunk.start / SAMPLE_RATE
    text = words(piece.job_id, piece.index)
    return ChunkResult((Segment(0, start, start + SECONDS - 1, text),), "en", 0.9)


class JobTable(RuleBasedStateMachine):
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.active = ActiveJobs({})
        self.position = 0
        self.tokens = 0
        self.events: dict[str, list[Event]] = {}
        self.status: dict[str, Status] = {}
        self.planned: dict[str, int] = {}
        self.said: dict[str, list[str]] = {}
        self.shelf: dict[str, Stored] = {}
        """Failed jobs as the journal would keep them."""

    # What happens

    @precondition(lambda self: len(self.events) < JOBS)
    @rule(target=jobs, with_audio=st.booleans())
    def submit(self, with_audio: bool) -> str:
        job_id = f"job-{len(self.events)}"
        draft = self.draft()
        new = Job(
            id=job_id,
            owner="ana",
            status=Status.QUEUED if with_audio else Status.PENDING,
            stage=Stage.QUEUED if with_audio else Stage.UPLOADING,
            created_at=0.0,
            audio=AUDIO if with_audio else None,
        )
        transitions.accept(draft, new, None)
        self.commit(draft)
        return job_id

    @rule(job_id=jobs)
    def the_audio_arrives(self, job_id: str) -> None:
        if self.status[job_id] is Status.PENDING:
            draft = self.draft()
            transitions.audio_arrived(draft, job_id, AUDIO, None)
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms())
    def a_piece_is_given(self, job_id: str, pick: Random) -> None:
        if piece := self.one_of(job_id, PieceState.WAITING, pick):
            self.tokens += 1
            draft = self.draft()
            transitions.grant(draft, job_id, piece.index, f"token-{self.tokens}")
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms(), chunks=st.integers(0, 4))
    def a_piece_is_done(self, job_id: str, pick: Random, chunks: int) -> None:
        if piece := self.one_of(job_id, PieceState.LEASED, pick):
            draft = self.draft()
            if piece.index == PREPARATION:
                transitions.prepared(draft, piece, self.plan(chunks), MADE)
                self.planned[job_id] = chunks
            else:
                transitions.transcribed(draft, piece, result(piece), MADE)
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms(), chunks=st.integers(0, 4), pieces=st.integers(1, 5))
    def some_go_well(self, job_id: str, pick: Random, chunks: int, pieces: int) -> None:
        for _ in range(pieces):
            self.a_piece_is_given(job_id, pick)
            self.a_piece_is_done(job_id, pick, chunks)

    @rule(job_id=jobs, pick=st.randoms(), chance=st.floats(0, 0.999))
    def a_piece_breaks(self, job_id: str, pick: Random, chance: float) -> None:
        if piece := self.one_of(job_id, PieceState.LEASED, pick):
            draft = self.draft()
            transitions.failed(draft, piece, EngineFailed("this time").failure(), POLICY, chance)
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms(), worker_dies=st.booleans())
    def a_piece_fails_for_good(self, job_id: str, pick: Random, worker_dies: bool) -> None:
        for _ in range(POLICY.attempts):
            self.a_piece_is_given(job_id, pick)
            if worker_dies:
                self.a_worker_dies(job_id, pick)
            else:
                self.a_piece_breaks(job_id, pick, 0.5)

    @rule(job_id=jobs, pick=st.randoms())
    def a_piece_spoils_its_job(self, job_id: str, pick: Random) -> None:
        if piece := self.one_of(job_id, PieceState.LEASED, pick):
            draft = self.draft()
            transitions.failed(draft, piece, CorruptMedia("no recording").failure(), POLICY, 0.5)
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms())
    def a_worker_dies(self, job_id: str, pick: Random) -> None:
        if piece := self.one_of(job_id, PieceState.LEASED, pick):
            draft = self.draft()
            transitions.worker_lost(draft, piece, WorkerCrashed("gone").failure(), POLICY, 0.5)
            self.commit(draft)

    @rule(job_id=jobs, pick=st.randoms())
    def a_piece_is_given_back(self, job_id: str, pick: Random) -> None:
        if piece := self.one_of(job_id, PieceState.LEASED, pick):
            draft = self.draft()
            transitions.returned(draft, piece)
            self.commit(draft)

    @rule()
    def the_manager_dies(self) -> None:
        draft = self.draft()
        for entry in self.active:
            for piece in entry.pieces.values():
                if piece.state is PieceState.LEASED and not draft.job(piece.job_id).finished:
                    transitions.interrupted(draft, piece)
        self.commit(draft)

    @rule(job_id=jobs, chance=st.integers(0, 9))
    def it_is_cancelled(self, job_id: str, chance: int) -> None:
        if self.status[job_id] not in TERMINAL and chance == 0:
            draft = self.draft()
            transitions.cancel(draft, job_id)
            self.commit(draft)

    @rule(job_id=jobs)
    def it_is_retried(self, job_id: str) -> None:
        stored = self.shelf.pop(job_id, None)
        if stored is not None:
            with self.active.reopened(stored):
                draft = self.draft()
                transitions.retry(draft, job_id)
                self.commit(draft)

    # What must be

    @invariant()
    def every_job_has_all_its_numbers(self) -> None:
        for told in self.events.values():
            assert [event.seq for event in told] == list(range(1, len(told) + 1))

    @invariant()
    def progress_never_goes_back(self) -> None:
        for told in self.events.values():
            shown = [event.progress for event in told]
            assert shown == sorted(shown)

    @invariant()
    def the_text_is_that_of_the_first_chunks_in_order(self) -> None:
        for job_id, said in self.said.items():
            assert said == [words(job_id, index) for index in range(1, len(said) + 1)]

    @invariant()
    def a_job_is_completed_with_all_its_text_and_only_then(self) -> None:
        for job_id, status in self.status.items():
            whole = len(self.said[job_id]) == self.planned.get(job_id)
            assert (status is Status.COMPLETED) == whole

    @invariant()
    def the_counts_are_those_of_the_pieces(self) -> None:
        for entry in self.active:
            chunks = [piece for piece in entry.pieces.values() if piece.index != PREPARATION]
            states = [piece.state for piece in chunks]
            assert entry.job.chunks == len(chunks)
            assert entry.job.chunks_done == states.count(PieceState.DONE)
            assert entry.job.chunks_failed == states.count(PieceState.FAILED)
            assert entry.job.seconds_done == SECONDS * entry.job.chunks_done

    @invariant()
    def no_unfinished_job_is_forgotten(self) -> None:
        for entry in self.active:
            at_hand = {PieceState.WAITING, PieceState.LEASED}
            moving = any(piece.state in at_hand for piece in entry.pieces.values())
            assert moving or entry.job.status is Status.PENDING

    @invariant()
    def jobs_are_counted_by_what_they_are(self) -> None:
        for status in Status:
            assert self.active.count(status) == list(self.status.values()).count(status)

    # How the model follows

    def draft(self) -> Draft:
        return Draft(self.active, at=1.0, position=self.position)

    def commit(self, draft: Draft) -> None:
        for job in draft.jobs.values():
            before = self.status.get(job.id)
            assert before not in {Status.COMPLETED, Status.CANCELLED}
            self.status[job.id] = job.status
        for event in draft.events:
            self.position += 1
            assert event.position == self.position
            self.events.setdefault(event.job_id, []).append(event)
            texts = [segment.text for segment in event.segments]
            self.said.setdefault(event.job_id, []).extend(texts)
        released = [write for write in draft.writes if isinstance(write, Release)]
        told = [segment for event in draft.events for segment in event.segments]
        assert [segment for write in released for segment in write.segments] == told
        added = [
            piece
            for write in draft.writes
            if isinstance(write, AddPieces)
            for piece in write.pieces
        ]
        assert len({(piece.job_id, piece.index) for piece in added}) == len(added)
        self.keep_failed(draft)
        self.active.merge(draft)

    def keep_failed(self, draft: Draft) -> None:
        for job in draft.jobs.values():
            if job.status is Status.FAILED:
                pieces = draft.pieces_of(job.id)
                results = {
                    piece.index: found
                    for piece in pieces
                    if (found := draft.result(job.id, piece.index)) is not None
                }
                self.shelf[job.id] = Stored(job, pieces, results)

    def one_of(self, job_id: str, state: PieceState, pick: Random) -> Piece | None:
        entry = self.active.get(job_id)
        found = [] if entry is None else [p for p in entry.pieces.values() if p.state is state]
        return pick.choice(found) if found else None

    def plan(self, chunks: int) -> Plan:
        each = SECONDS * SAMPLE_RATE
        spans = tuple(Chunk(n * each, (n + 1) * each) for n in range(chunks))
        return Plan(float(chunks * SECONDS), spans)


TestJobTable = JobTable.TestCase
TestJobTable.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)
