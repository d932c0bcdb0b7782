"""The journal against a plain model of what it promises, through commits, refusals and crashes.

A crash is a copy of the files as they are at that moment, opened elsewhere: what the disk of a
machine holds whose process was killed then. One in the middle of a commit must leave nothing of
it, one right after the acknowledgement all of it.
"""

from __future__ import annotations

import asyncio
import copy
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retender.errors import Fenced, StaleLease
from retender.journal.api import (
    AddPieces,
    Append,
    CopyTranscript,
    DeleteJob,
    DropPieces,
    Grant,
    Inconsistent,
    Recovery,
    Release,
    Reset,
    Write,
)
from retender.journal.connection import ConnectionThread
from retender.journal.database import DatabaseFile
from retender.journal.sqlite import SqliteJournal
from retender.journal.writer import Writer
from retender.states import TERMINAL, TRANSITIONS, Status
from retender.work import PieceState
from tests.journal_story import Story, audio, leased, piece, result, segments, settle
from tests.property.journal_model import EVERYTHING, Model

T = TypeVar("T")

JOBS = [f"job{number}" for number in range(5)]
ANY_JOB = st.sampled_from(JOBS)
ANY_INDEX = st.integers(0, 3)
ANY_TOKEN = st.sampled_from(["1", "2", "3"])


class JournalAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.lives = 0
        self.model = Model()
        self.story = Story()

    @initialize()
    def first_life(self) -> None:
        self._open(self.folder / "life0.sqlite3")
        self._begin_epoch()

    def teardown(self) -> None:
        self._do(self.journal.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    # What a JobManager commits

    @rule(job_id=ANY_JOB, sound=st.integers(0, 2), pieces=st.integers(1, 4))
    def submit(self, job_id: str, sound: int, pieces: int) -> None:
        if job_id in self.model.jobs:
            return
        begun = self.story.begin(job_id, owner=f"owner{sound}", audio=audio(sound))
        parts = tuple(piece(job_id, index) for index in range(pieces))
        self._commit([*begun, AddPieces(parts)])

    @rule(job_id=ANY_JOB, status=st.sampled_from(Status), pick=st.booleans())
    def move(self, job_id: str, status: Status, pick: bool) -> None:
        job = self.model.jobs.get(job_id)
        if job is None or status not in TRANSITIONS[job.status]:
            return
        at = float(self.model.position)
        moved = self.story.tell(
            job_id, status, at=at, **({} if status in TERMINAL else {"completed_at": None})
        )
        self._commit([*moved, DropPieces(job_id)] if pick and status in TERMINAL else moved)

    @rule(job_id=ANY_JOB, index=ANY_INDEX, token=ANY_TOKEN)
    def give(self, job_id: str, index: int, token: str) -> None:
        self._commit([Grant(leased(piece(job_id, index), token))])

    @rule(job_id=ANY_JOB, index=ANY_INDEX, token=ANY_TOKEN, heard=st.none() | st.integers(0, 9))
    def take_in(self, job_id: str, index: int, token: str, heard: int | None) -> None:
        self._commit(
            [settle(piece(job_id, index), token, None if heard is None else result(heard))]
        )

    @rule(
        job_id=ANY_JOB,
        index=ANY_INDEX,
        state=st.sampled_from([PieceState.WAITING, PieceState.DONE]),
    )
    def reset(self, job_id: str, index: int, state: PieceState) -> None:
        if (job_id, index) in self.model.pieces:
            self._commit([Reset(piece(job_id, index, state=state, crashes=1))])

    @rule(job_id=ANY_JOB, upto=ANY_INDEX, count=st.integers(0, 4), told=st.integers(0, 4))
    def release(self, job_id: str, upto: int, count: int, told: int) -> None:
        job = self.model.jobs.get(job_id)
        if job is None or job.finished:
            return
        start = len(self.model.transcripts.get(job_id, []))
        texts = segments(start, start + count)
        news = self.story.tell(job_id, segments=texts[:told])
        self._commit([Release(job_id, upto, texts), *news])

    @rule(job_id=ANY_JOB, known=ANY_JOB)
    def submit_what_is_known(self, job_id: str, known: str) -> None:
        if job_id not in self.model.jobs:
            done = self.story.whole(job_id, Status.COMPLETED)
            self._commit([CopyTranscript(known, job_id), *done])

    @rule(job_id=ANY_JOB)
    def delete(self, job_id: str) -> None:
        self._commit([DeleteJob(job_id)])

    # What must be refused

    @rule(job_id=ANY_JOB, index=ANY_INDEX)
    def settle_late_amid_other_writes(self, job_id: str, index: int) -> None:
        job = self.model.jobs.get(job_id)
        if job is not None and not job.finished:
            late = settle(piece(job_id, index), "never given", result(1))
            self._commit([*self.story.tell(job_id), late, DeleteJob(job_id)])

    @rule(job_id=ANY_JOB, seq=st.sampled_from([-1, 1]), position=st.sampled_from([-1, 0, 1]))
    def leave_a_gap(self, job_id: str, seq: int, position: int) -> None:
        job = self.model.jobs.get(job_id)
        if job is None or job.finished:
            return
        story = copy.deepcopy(self.story)
        save, append = story.tell(job_id)
        assert isinstance(append, Append)
        wrong = msgspec.structs.replace(
            append.event, seq=append.event.seq + seq, position=append.event.position + position
        )
        with pytest.raises(Inconsistent):
            self._do(self.journal.commit(self.model.epoch, [save, Append(wrong)]))

    @precondition(lambda self: self.model.epoch > 1)
    @rule(job_id=ANY_JOB)
    def write_as_the_last_manager(self, job_id: str) -> None:
        with pytest.raises(Fenced):
            self._do(self.journal.commit(self.model.epoch - 1, [DeleteJob(job_id)]))

    # What can happen at any time

    @rule()
    def crash(self) -> None:
        elsewhere = self._picture()
        self._do(self.journal.close())
        self._open(elsewhere)
        self._begin_epoch()

    @rule(job_id=ANY_JOB, writes_through=st.integers(0, 4))
    def crash_in_the_middle_of_a_commit(self, job_id: str, writes_through: int) -> None:
        job = self.model.jobs.get(job_id)
        if job is None or job.finished:
            return
        start = len(self.model.transcripts.get(job_id, []))
        release = Release(job_id, 3, segments(start, start + 2))
        writes = [release, *copy.deepcopy(self.story).tell(job_id), DropPieces(job_id)]
        pictures: list[Path] = []

        class Interrupted(Writer):
            def apply(writer, writes: Sequence[Write]) -> None:  # noqa: N805 - self is the machine
                super().apply(writes[:writes_through])
                pictures.append(self._picture())
                super().apply(writes[writes_through:])

        class InterruptedJournal(SqliteJournal):
            writer = Interrupted

        self._do(InterruptedJournal(self.journal._thread).commit(self.model.epoch, writes))
        self._do(self.journal.close())
        self._open(pictures[0])
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
            of_job = [event for event in model.log if event.job_id == job_id]
            assert list(await journal.events(job_id, 1, 3)) == of_job[1:4]
        assert list(await journal.log(0, EVERYTHING)) == model.log
        page = await journal.jobs(owner=None, status=None, limit=3, cursor=None)
        assert list(page.jobs) == list(reversed(model.jobs.values()))[:3]
        assert (page.cursor is not None) == (len(model.jobs) > 3)
        await self._compare_sets()

    async def _compare_sets(self) -> None:
        jobs = self.model.jobs.values()
        middle = self.model.position / 2
        forgettable = {
            job.id
            for job in jobs
            if job.status in {Status.COMPLETED, Status.CANCELLED}
            and (job.completed_at or 0) < middle
        }
        assert set(await self.journal.finished_before(middle, EVERYTHING)) == forgettable
        used = {
            job.audio.sha256
            for job in jobs
            if job.audio and (not job.finished or (job.completed_at or 0) >= middle)
        }
        assert await self.journal.audio_in_use(middle) == used

    # How

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
        unfinished = [job for job in self.model.jobs.values() if not job.finished]
        assert [stored.job for stored in recovery.unfinished] == unfinished
        assert recovery.counts.total == len(self.model.jobs)

    def _open(self, path: Path) -> None:
        thread = ConnectionThread(DatabaseFile(str(path), "off"))
        self._do(thread.open())
        self.journal = SqliteJournal(thread)

    def _picture(self) -> Path:
        self.lives += 1
        elsewhere = self.folder / f"life{self.lives}.sqlite3"
        for suffix in ("", "-wal"):
            source = Path(f"{self._path}{suffix}")
            if source.exists():
                shutil.copyfile(source, f"{elsewhere}{suffix}")
        return elsewhere

    @property
    def _path(self) -> str:
        return self.journal._thread._database.path

    def _do(self, wish: Any) -> Any:
        return self.runner.run(wish)


JournalAgainstModel.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None
)
test_the_journal_is_as_modelled = JournalAgainstModel.TestCase
