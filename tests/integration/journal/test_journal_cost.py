"""What the journal costs does not grow with the jobs it has finished."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from retender.jobs.states import Status
from retender.journal.api import (
    AddPieces,
    CopyTranscript,
    DeleteJob,
    Listing,
    Release,
    SaveEdit,
    Write,
)
from retender.journal.sqlite import SqliteJournal
from retender.transcript.edits import Edit
from retender.transcript.pages import Place
from tests.support.storage.journal_story import Story, audio, grant, piece, result, segments, settle

Deeds = dict[str, Callable[[], Awaitable[object]]]

# A look-up in a larger index may compare once more at each level.
SLACK = 20


def connection() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


async def grown(disk: sqlite3.Connection, finished: int) -> tuple[SqliteJournal, Story]:
    journal = await SqliteJournal.over(disk)
    await journal.begin_epoch()
    story = Story()
    for number in range(finished):
        name = f"old{number}"
        end = (Status.COMPLETED, Status.FAILED)[number % 2]
        job = story.whole(name, end, at=5.0, idempotency_key=name, audio=audio(number))
        leftovers: list[Write] = [Release(name, 1, segments(0, 2)), AddPieces((piece(name, 0),))]
        await journal.commit(1, [*job, *leftovers])
    a = [*story.begin("a", idempotency_key="k"), AddPieces((piece("a", 0), piece("a", 1)))]
    await journal.commit(1, a)
    return journal, story


def deeds(journal: SqliteJournal, story: Story) -> Deeds:
    waiting = piece("a", 1)
    finished = story.position

    def page(owner: str | None, status: Status | None) -> Awaitable[object]:
        return journal.jobs(Listing(owner=owner, status=status, limit=2))

    return {
        "submit": lambda: journal.commit(1, story.begin("b", idempotency_key="l")),
        "grant": lambda: journal.commit(
            1, [grant(waiting, "1.1"), *story.tell("a", Status.PROCESSING)]
        ),
        "settle": lambda: journal.commit(
            1,
            [
                settle(waiting, "1.1", result(0)),
                Release("a", 1, segments(0, 2)),
                *story.tell("a", segments=segments(0, 2)),
            ],
        ),
        "job": lambda: journal.job("a"),
        "stored": lambda: journal.stored("a"),
        "all jobs": lambda: page(None, None),
        "an owner's jobs": lambda: page("ana", None),
        "failed jobs": lambda: page(None, Status.FAILED),
        "an owner's failed jobs": lambda: page("ana", Status.FAILED),
        "search": lambda: journal.jobs(Listing(words=("absent",), limit=2)),
        "search of an owner": lambda: journal.jobs(
            Listing(owner="nobody", words=("strasse",), limit=2)
        ),
        "a frequent word": lambda: journal.jobs(Listing(words=("strasse",), limit=2)),
        "passage": lambda: journal.passage("a", ("strasse",)),
        "unindexed": journal.unindexed,
        "edit": lambda: journal.commit(1, [SaveEdit("a", Edit.of(1, 9.0, segments(0, 2)))]),
        "read edit": lambda: journal.edit("a"),
        "precedents": lambda: journal.matching_jobs(
            "unknown", owner="ana", key="k", cache_key="unknown"
        ),
        "an owner's result": lambda: journal.completed("unknown", "ana"),
        "anyone's result": lambda: journal.completed("unknown", None),
        "events": lambda: journal.events("a", 1, 10),
        "log": lambda: journal.log(finished - 2, 10),
        "segments": lambda: journal.segments("a"),
        "text": lambda: journal.text("a"),
        "text after a gap": lambda: journal.text("a", None, Place(0, piece=0)),
        "audio in use": lambda: journal.audio_in_use([audio(1).sha256, "unknown"], 6.0),
        "finished before": lambda: journal.finished_before(6.0, 2),
        "copy": lambda: journal.commit(1, [CopyTranscript("a", "b")]),
        "end": lambda: journal.commit(1, story.tell("a", Status.COMPLETED)),
        "delete": lambda: journal.commit(1, [DeleteJob("a")]),
    }


async def steps(finished: int) -> dict[str, int]:
    """What each deed takes, in steps of SQLite's machine."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    costs = {}
    with closing(connection()) as disk:
        journal, story = await grown(disk, finished)
        disk.set_progress_handler(count, 1)
        for name, deed in deeds(journal, story).items():
            taken = 0
            await deed()
            costs[name] = taken
        await journal.close()
    return costs


async def test_no_question_and_no_commit_takes_more_steps_after_many_jobs_than_after_few() -> None:
    few, many = await steps(20), await steps(400)

    assert min(few.values()) > 0
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name] + SLACK} == {}


@pytest.mark.parametrize("finished", [20])
async def test_no_statement_reads_a_table_from_end_to_end(finished: int) -> None:
    with closing(connection()) as disk:
        journal, story = await grown(disk, finished)
        said: list[str] = []
        disk.set_trace_callback(said.append)
        for deed in deeds(journal, story).values():
            await deed()
        disk.set_trace_callback(None)

        plans = [
            (sentence, step)
            for sentence in said
            if sentence.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"))
            for *_, step in disk.execute(f"EXPLAIN QUERY PLAN {sentence}")
        ]
        await journal.close()

    tables = ("jobs", "pieces", "segments", "events", "s", "j", "edit_parts")
    assert len(plans) > 20
    assert [plan for plan in plans if plan[1] in {f"SCAN {table}" for table in tables}] == []
