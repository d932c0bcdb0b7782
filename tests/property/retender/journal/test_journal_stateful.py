"""The journal against a plain model of what it promises, through commits, refusals and crashes,
whatever it is kept in (`journal_lives.py`).
"""

from __future__ import annotations

import asyncio
import copy
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from retender.audio.peaks import Peaks
from retender.errors import Fenced, StaleLease
from retender.jobs.deliveries import Backlog, Delivery, DeliveryState
from retender.jobs.job import Job
from retender.jobs.pieces import Piece, PieceState
from retender.jobs.states import TERMINAL, TRANSITIONS, Status
from retender.journal.api import (
    AddPieces,
    Append,
    CopyTranscript,
    DeleteJob,
    DropPieces,
    ForgetJob,
    Grant,
    Inconsistent,
    Listing,
    Recovery,
    Release,
    Rename,
    Reset,
    SaveDelivery,
    SaveEdit,
    SavePeaks,
    Write,
)
from retender.journal.limits import EDITS_KEPT
from retender.transcript.edits import Edit
from tests.property.retender.journal.journal_instances import Lives, PostgresLives, SqliteLives
from tests.property.retender.journal.journal_model import EVERYTHING, Model
from tests.support.storage.journal_story import (
    Story,
    audio,
    leased,
    piece,
    result,
    segments,
    settle,
)
from tests.support.storage.postgres import Postgres

T = TypeVar("T")

JOBS = [f"job{number}" for number in range(5)]
PICK = st.integers(0, 1000)
ANY_NAME = st.sampled_from(JOBS)
RARELY = st.sampled_from([False, False, False, True])


class JournalAgainstModel(RuleBasedStateMachine):
    def __init__(self, instances: Lives) -> None:
        super().__init__()
        self.instances = instances
        self.runner = asyncio.Runner()
        self.model = Model()
        self.story = Story()

    @initialize()
    def first_life(self) -> None:
        self.journal = self._do(self.instances.first())
        self._begin_epoch()

    def teardown(self) -> None:
        self._do(self.instances.end(self.journal))
        self.runner.close()

    # What a JobManager commits

    @rule(job_id=ANY_NAME, sound=st.integers(0, 2), pieces=st.integers(1, 4))
    def submit(self, job_id: str, sound: int, pieces: int) -> None:
        if job_id in self.model.jobs:
            return
        begun = self.story.begin(job_id, owner=f"owner{sound}", audio=audio(sound))
        parts = tuple(piece(job_id, index) for index in range(pieces))
        self._commit([*begun, AddPieces(parts)])

    @rule(job_id=ANY_NAME, known=ANY_NAME)
    def submit_what_is_known(self, job_id: str, known: str) -> None:
        if job_id not in self.model.jobs:
            done = self.story.whole(job_id, Status.COMPLETED, at=float(self.model.position))
            self._commit([CopyTranscript(known, job_id), *done])

    @rule(pick=PICK)
    def give_out(self, pick: int) -> None:
        token = f"{self.model.epoch}.{self.model.position}.{pick}"
        if waiting := self._one(pick, self._pieces(PieceState.WAITING)):
            self._commit([Grant(leased(waiting, token))])

    @rule(pick=PICK, heard=st.none() | st.integers(0, 9))
    def take_in(self, pick: int, heard: int | None) -> None:
        if out := self._one(pick, self._pieces(PieceState.LEASED)):
            assert out.token is not None
            self._commit([settle(out, out.token, None if heard is None else result(heard))])

    @rule(pick=PICK, state=st.sampled_from([PieceState.WAITING, PieceState.DONE]))
    def reset(self, pick: int, state: PieceState) -> None:
        if done := self._one(pick, self._pieces(PieceState.DONE)):
            self._commit([Reset(piece(done.job_id, done.index, state=state, crashes=1))])

    @rule(pick=PICK, upto=st.integers(0, 3), count=st.integers(0, 4), told=st.integers(0, 4))
    def release(self, pick: int, upto: int, count: int, told: int) -> None:
        if job := self._one(pick, self._unfinished()):
            start = len(self.model.transcripts.get(job.id, []))
            texts = segments(start, start + count)
            news = self.story.tell(job.id, segments=texts[:told])
            self._commit([Release(job.id, upto, texts), *news])

    @rule(pick=PICK, to=st.sampled_from(Status), ends=RARELY, drop=st.booleans())
    def move(self, pick: int, to: Status, ends: bool, drop: bool) -> None:
        job = self._one(pick, list(self.model.jobs.values()))
        if job is None or to not in TRANSITIONS[job.status] or (to in TERMINAL and not ends):
            return
        changes = {} if to in TERMINAL else {"completed_at": None}
        moved = self.story.tell(job.id, to, at=float(self.model.position), **changes)
        self._commit([*moved, DropPieces(job.id)] if drop and to in TERMINAL else moved)

    @rule(pick=PICK, name=st.sampled_from(["", "Reunión", "x" * 200]))
    def rename(self, pick: int, name: str) -> None:
        if job := self._one(pick, list(self.model.jobs.values())):
            named = self.story.jobs[job.id] = msgspec.structs.replace(job, name=name)
            self._commit([Rename(named)])

    @rule(pick=PICK, values=st.binary(max_size=3))
    def prepare(self, pick: int, values: bytes) -> None:
        if job := self._one(pick, list(self.model.jobs.values())):
            self._commit([SavePeaks(job.id, Peaks(20.0, values))])

    @rule(pick=PICK, count=st.integers(0, 3))
    def edit(self, pick: int, count: int) -> None:
        if job := self._one(pick, list(self.model.jobs.values())):
            version = len(self.model.edits.get(job.id, [])) + 1
            self._commit([SaveEdit(job.id, Edit.of(version, float(pick), segments(0, count)))])

    @rule(job_id=ANY_NAME, sure=RARELY, wished=st.booleans())
    def delete(self, job_id: str, sure: bool, wished: bool) -> None:
        if sure:
            at = float(self.model.position)
            self._commit([ForgetJob(job_id, at) if wished else DeleteJob(job_id)])

    @rule(
        pick=PICK,
        consumer=st.sampled_from("ab"),
        seq=st.integers(1, 3),
        lane=st.sampled_from("xyz"),
        state=st.sampled_from(DeliveryState),
    )
    def tell_others(
        self, pick: int, consumer: str, seq: int, lane: str, state: DeliveryState
    ) -> None:
        if job := self._one(pick, list(self.model.jobs.values())):
            known = self.model.deliveries.get((job.id, consumer, seq))
            # Each due at its own time, so that the order is told by nothing else.
            at = float(self.model.position * 1000 + pick)
            while any(each.due == at for each in self.model.deliveries.values()):
                at += 0.5
            delivery = Delivery(
                consumer=consumer,
                job_id=job.id,
                seq=seq,
                receiver=lane if known is None else known.receiver,
                at=at if known is None else known.at,
                due=at,
                state=state,
            )
            self._commit([SaveDelivery(delivery)])

    # What must be refused

    @rule(pick=PICK, before=st.booleans())
    def settle_late_amid_other_writes(self, pick: int, before: bool) -> None:
        states = [PieceState.WAITING, PieceState.LEASED, PieceState.DONE]
        late = self._one(pick, self._pieces(*states))
        job = self._one(pick, self._unfinished())
        if late is not None and job is not None:
            settled = settle(late, "never given", result(1))
            told = self.story.tell(job.id)
            self._commit([*told, settled, DeleteJob(job.id)] if before else [settled, *told])

    @rule(pick=PICK)
    def give_out_what_does_not_wait(self, pick: int) -> None:
        if other := self._one(pick, self._pieces(PieceState.LEASED, PieceState.DONE)):
            self._commit([Grant(leased(other, "again"))])

    @rule(pick=PICK, seq=st.sampled_from([-1, 1]), position=st.sampled_from([-1, 1]), both=PICK)
    def leave_a_gap(self, pick: int, seq: int, position: int, both: int) -> None:
        job = self._one(pick, self._unfinished())
        if job is None:
            return
        save, append = copy.deepcopy(self.story).tell(job.id)
        assert isinstance(append, Append)
        event = append.event
        wrong = [
            msgspec.structs.replace(event, seq=event.seq + seq),
            msgspec.structs.replace(event, position=event.position + position),
        ][both % 2]
        with pytest.raises(Inconsistent):
            self._do(self.journal.commit(self.model.epoch, [save, Append(wrong)]))

    @precondition(lambda self: self.model.epoch > 1)
    @rule(job_id=ANY_NAME)
    def write_as_the_last_manager(self, job_id: str) -> None:
        with pytest.raises(Fenced):
            self._do(self.journal.commit(self.model.epoch - 1, [DeleteJob(job_id)]))

    # What can happen at any time

    @rule()
    def crash(self) -> None:
        self.journal = self._do(self.instances.crash(self.journal))
        self._begin_epoch()

    @rule(pick=PICK, writes_through=st.integers(0, 4))
    def crash_in_the_middle_of_a_commit(self, pick: int, writes_through: int) -> None:
        job = self._one(pick, self._unfinished())
        if job is None:
            return
        start = len(self.model.transcripts.get(job.id, []))
        release = Release(job.id, 3, segments(start, start + 2))
        writes = [release, *copy.deepcopy(self.story).tell(job.id), DropPieces(job.id)]
        crashing = self.instances.crash_in(self.journal, self.model.epoch, writes, writes_through)
        self.journal = self._do(crashing)
        self._begin_epoch()

    # What must hold after each of these

    @invariant()
    def all_that_can_be_asked_is_as_modelled(self) -> None:
        self._do(self._compare())

    async def _compare(self) -> None:
        model, journal = self.model, self.journal
        for job_id in JOBS:
            stored = await journal.stored(job_id)
            assert (stored.job if stored else None) == model.jobs.get(job_id)
            assert list(stored.pieces if stored else []) == model.of(job_id)
            heard = {
                index: each for (owner, index), each in model.results.items() if owner == job_id
            }
            assert (stored.results if stored else {}) == heard
            assert list(await journal.segments(job_id)) == model.transcripts.get(job_id, [])
            assert await journal.peaks(job_id) == model.peaks.get(job_id)
            edits = model.edits.get(job_id, [])
            assert await journal.edit(job_id) == (edits[-1] if edits else None)
            kept = [edit.version for edit in edits[-EDITS_KEPT:]]
            assert list((await journal.versions(job_id)).kept) == [0, *kept]
            of_job = [event for event in model.log if event.job_id == job_id]
            assert list(await journal.events(job_id, 1, 3)) == of_job[1:4]
        assert list(await journal.log(0, EVERYTHING)) == model.log
        page = await journal.jobs(Listing(limit=3))
        assert list(page.jobs) == list(reversed(model.jobs.values()))[:3]
        assert (page.cursor is not None) == (len(model.jobs) > 3)
        await self._compare_outbox()
        await self._compare_sets()

    async def _compare_outbox(self) -> None:
        model, journal = self.model, self.journal
        now = model.position * 500.0
        for consumer in "ab":
            for busy, limit in (((), 9), (("y",), 2)):
                due = await journal.due(consumer, now, busy, limit)
                assert list(due) == model.due(consumer, now, busy, limit)
            waiting = [
                each
                for each in model.deliveries.values()
                if each.consumer == consumer and each.waiting
            ]
            later = [each.due for each in waiting if each.due > now]
            assert await journal.next_due(consumer, now) == min(later, default=None)
            oldest = min((each.at for each in waiting), default=None)
            assert await journal.backlog(consumer) == Backlog(len(waiting), oldest)

    async def _compare_sets(self) -> None:
        jobs = self.model.jobs.values()
        middle = self.model.position // 2
        forgettable = {job.id for job in jobs if job.finished and (job.completed_at or 0) < middle}
        assert set(await self.journal.finished_before(middle, EVERYTHING)) == forgettable
        used = {
            job.audio.sha256
            for job in jobs
            if job.audio
            and (
                not job.finished or job.status is Status.FAILED or (job.completed_at or 0) >= middle
            )
        }
        asked = [*{job.audio.sha256 for job in jobs if job.audio}, "unknown"]
        assert await self.journal.audio_in_use(asked, middle) == used

    # How

    def _one(self, pick: int, among: list[T]) -> T | None:
        return among[pick % len(among)] if among else None

    def _unfinished(self) -> list[Job]:
        return [job for job in self.model.jobs.values() if not job.finished]

    def _pieces(self, *states: PieceState) -> list[Piece]:
        return [each for each in self.model.pieces.values() if each.state in states]

    def _commit(self, writes: list[Write]) -> None:
        try:
            after = self.model.after(writes)
        except StaleLease:
            with pytest.raises(StaleLease):
                self._do(self.journal.commit(self.model.epoch, writes))
        else:
            self._do(self.journal.commit(self.model.epoch, writes))
            self.model = after
        self.story.position = self.model.position
        self.story.jobs = dict(self.model.jobs)

    def _begin_epoch(self) -> None:
        recovery: Recovery = self._do(self.journal.begin_epoch())
        self.model.epoch += 1
        assert (recovery.epoch, recovery.position) == (self.model.epoch, self.model.position)
        assert [stored.job for stored in recovery.unfinished] == self._unfinished()
        assert recovery.counts.total == len(self.model.jobs)

    def _do(self, command: Any) -> Any:
        return self.runner.run(command)


class SqliteAgainstModel(JournalAgainstModel):
    def __init__(self) -> None:
        super().__init__(SqliteLives())


SqliteAgainstModel.TestCase.settings = settings(
    max_examples=40, stateful_step_count=50, deadline=None
)
test_the_journal_in_sqlite_is_as_modelled = SqliteAgainstModel.TestCase


def test_the_journal_in_postgresql_is_as_modelled(postgres: Postgres) -> None:
    class PostgresAgainstModel(JournalAgainstModel):
        def __init__(self) -> None:
            super().__init__(PostgresLives(postgres))

    run_state_machine_as_test(
        PostgresAgainstModel,
        settings=settings(max_examples=15, stateful_step_count=50, deadline=None),
    )
